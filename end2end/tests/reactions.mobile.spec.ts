/** Reactions with a finger. */
import { say } from './calls';
import { expect, gather, test } from './fixture';
import { message } from './gestures';

test('a long press leads to the picker, and the others see what was chosen', async ({ room, ana, bo }) => {
  await say(bo.request, room.guild.system_channel_id, 'press me');
  await gather(room.path, ana, bo);
  const box = await message(ana.page, 'press me').boundingBox();
  if (!box) throw new Error('the row is not on screen');
  const client = await ana.context.newCDPSession(ana.page);
  const at = [{ x: box.x + 150, y: box.y + box.height / 2 }];
  await client.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at });
  await expect(ana.page.getByRole('menuitem', { name: 'Add reaction' })).toBeVisible();
  await client.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await ana.page.getByRole('menuitem', { name: 'Add reaction' }).tap();
  const picker = ana.page.getByRole('dialog', { name: 'Choose an emoji' });
  await expect(picker).toBeInViewport({ ratio: 1 });
  // A finger does not type yet: no keyboard covers half of it. When there is one, the window is less high.
  const search = picker.getByRole('searchbox', { name: 'Search emoji' });
  await expect(search).not.toBeFocused();
  await search.tap();
  await ana.page.setViewportSize({ width: 390, height: 500 });
  await expect(picker).toBeInViewport({ ratio: 1 });
  await search.fill('thumbs up');
  await picker.getByRole('button', { name: 'thumbs up', exact: true }).tap();
  await expect(message(bo.page, 'press me').getByRole('button', { name: '👍 1' })).toBeVisible();
  await message(bo.page, 'press me').getByRole('button', { name: '👍 1' }).tap();
  await expect(message(ana.page, 'press me').getByRole('button', { name: '👍 2' })).toBeVisible();
});
