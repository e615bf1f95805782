/** Files in the message box on a telephone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, gather, test } from './fixture';
import { composer, message } from './gestures';

const PICTURE = { name: 'harbour.png', mimeType: 'image/png', buffer: readFileSync(join(__dirname, '../../docs/screenshot.png')) };

test('pictures are chosen, one is taken out, and the other is seen by somebody else', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await ana.page.getByLabel('Attach files').setInputFiles([PICTURE, { ...PICTURE, name: 'blurred.png' }]);
  const tray = ana.page.getByRole('list', { name: 'Files to send' });
  await expect(tray.getByRole('progressbar')).toHaveCount(0);
  await tray.getByRole('button', { name: 'Remove blurred.png' }).tap();
  await tray.getByLabel('Alt text').fill('Boats');
  await composer(ana.page).fill('from the pier');
  await ana.page.getByRole('button', { name: 'Send message' }).tap();
  const picture = message(bo.page, 'from the pier').getByRole('img', { name: 'Boats' });
  await expect(picture).toBeInViewport({ ratio: 0.9 });
  await expect(ana.page.getByRole('img', { name: 'Boats' })).toBeVisible();
});
