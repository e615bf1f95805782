/** Pinned messages on a telephone. */
import { say } from './calls';
import { expect, gather, test } from './fixture';
import { message } from './gestures';

test('the list covers the conversation, and a pinned message leads back into it', async ({ room, ana, bo }) => {
  const { id } = await say(bo.request, room.guild.system_channel_id, 'pinned for the road');
  await gather(room.path, ana);
  const form = { channel_id: room.guild.system_channel_id, message_id: id };
  await ana.request.post('/api/pins/add', { form });
  await ana.page.getByRole('button', { name: 'Pinned messages' }).tap();
  const panel = ana.page.getByRole('complementary', { name: 'Pinned messages' });
  await expect(panel.getByRole('article')).toHaveText([/pinned for the road/]);
  await expect(panel).toBeInViewport({ ratio: 1 });
  await panel.getByRole('link', { name: /\d\d:\d\d/ }).tap();
  await expect(panel).toHaveCount(0);
  await expect(message(ana.page, 'pinned for the road')).toBeInViewport();
});
