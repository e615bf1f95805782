/** Files without script: a field of the form. */
import { join } from 'node:path';
import { expect, test } from './fixture';
import { composer, message } from './gestures';

test('a picture and a word are sent with the form, and the other sees both', async ({ room, ana, bo }) => {
  await ana.page.goto(room.path);
  await composer(ana.page).fill('from the form');
  await ana.page.getByLabel('Attach files').setInputFiles(join(__dirname, '../../docs/screenshot.png'));
  await ana.page.getByRole('button', { name: 'Send message' }).click();
  await expect(message(ana.page, 'from the form').getByRole('img', { name: 'screenshot.png' })).toBeVisible();
  await bo.page.goto(room.path);
  await expect(message(bo.page, 'from the form').getByRole('img', { name: 'screenshot.png' })).toBeVisible();
});

test('files alone are a message', async ({ room, ana }) => {
  await ana.page.goto(room.path);
  const file = { name: 'plan.txt', mimeType: 'text/plain', buffer: Buffer.from('words') };
  await ana.page.getByLabel('Attach files').setInputFiles(file);
  await ana.page.getByRole('button', { name: 'Send message' }).click();
  await expect(ana.page.getByRole('link', { name: 'plan.txt' })).toBeVisible();
});
