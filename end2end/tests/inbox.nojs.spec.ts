/** The inbox without script: at an address, page by page. */
import { say } from './calls';
import { expect, test } from './fixture';
import { message } from './gestures';

test('reading what addressed one, and going where it was said', async ({ room, ana, bo }) => {
  await bo.page.goto(`${room.path}?panel=inbox`);
  await expect(bo.page.getByText('No mentions')).toBeVisible();
  for (let at = 1; at <= 26; at += 1) await say(ana.request, room.guild.system_channel_id, `call ${at} @everyone`);
  await bo.page.goto(room.path);
  await bo.page.getByRole('button', { name: 'Inbox' }).click();
  const panel = bo.page.getByRole('complementary', { name: 'Inbox' });
  await expect(panel.getByRole('article')).toHaveCount(25);
  await expect(panel.getByRole('article').first()).toContainText('call 26 @everyone');
  await panel.getByRole('link', { name: 'Older' }).click();
  await expect(panel.getByRole('article')).toHaveText([/call 1 @everyone/]);
  await panel.getByRole('link').filter({ hasText: /\d\d:\d\d/ }).click();
  await expect(message(bo.page, 'call 1 @everyone')).toBeVisible();
});
