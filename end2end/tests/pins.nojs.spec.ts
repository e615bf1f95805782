/** Pinned messages without script: a form on the page of the message, the list at an address. */
import { say } from './calls';
import { expect, test } from './fixture';
import { message } from './gestures';

test('pinning, reading what is pinned, and taking it down', async ({ room, ana, bo }) => {
  const { id } = await say(bo.request, room.guild.system_channel_id, 'plainly pinned');
  await ana.page.goto(`${room.path}/${id}`);
  await ana.page.getByRole('button', { name: 'Pin message' }).click();
  await expect(ana.page.getByRole('button', { name: 'Unpin message' })).toBeVisible();

  await bo.page.goto(room.path);
  await bo.page.getByRole('button', { name: 'Pinned messages' }).click();
  const panel = bo.page.getByRole('complementary', { name: 'Pinned messages' });
  await expect(panel.getByRole('article')).toHaveText([/plainly pinned/]);
  await panel.getByRole('link', { name: /\d\d:\d\d/ }).click();
  await expect(bo.page).toHaveURL(new RegExp(`${id}$`));
  await expect(message(bo.page, 'plainly pinned')).toBeVisible();

  await ana.page.getByRole('button', { name: 'Unpin message' }).click();
  await bo.page.goto(`${room.path}?panel=pins`);
  await expect(bo.page.getByText('Nothing is pinned')).toBeVisible();
});
