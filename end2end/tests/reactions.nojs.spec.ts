/** Reactions without script: buttons of a form. */
import { call, say } from './calls';
import { expect, test } from './fixture';
import { message } from './gestures';

test('an emoji is joined and taken back with plain buttons', async ({ room, ana, bo }) => {
  const { id } = await say(bo.request, room.guild.system_channel_id, 'who comes along?');
  const at = { channel_id: room.guild.system_channel_id, message_id: id };
  await call(bo.request, 'reactions/add', { ...at, emoji: '👍' });
  await ana.page.goto(room.path);
  const thumbs = message(ana.page, 'who comes along?').getByRole('button', { name: /^👍 / });
  await expect(thumbs).toHaveAccessibleName('👍 1');
  await thumbs.click();
  await expect(thumbs).toHaveAccessibleName('👍 2');
  await expect(thumbs).toHaveAttribute('aria-pressed', 'true');
  await thumbs.click();
  await expect(thumbs).toHaveAccessibleName('👍 1');
});
