/** Threads on a telephone. */
import { call, say } from './calls';
import { expect, gather, test } from './fixture';
import { composer, message } from './gestures';

test('the line under a message leads into its thread, and Back leads out of it', async ({ room, ana, bo }) => {
  const channel = room.guild.system_channel_id;
  const { id } = await say(bo.request, channel, 'small screens');
  await call(bo.request, 'threads/create', { channel_id: channel, message_id: id, name: 'Pocket size' });
  await gather(room.path, ana);
  await message(ana.page, 'small screens').getByRole('link', { name: /Pocket size/ }).tap();
  await expect(composer(ana.page, 'Pocket size')).toBeVisible();
  await composer(ana.page, 'Pocket size').fill('fits');
  await ana.page.getByRole('button', { name: 'Send message' }).tap();
  await expect(message(ana.page, 'fits')).toBeVisible();
  await ana.page.goBack();
  await expect(message(ana.page, 'small screens')).toContainText('1 message');
});
