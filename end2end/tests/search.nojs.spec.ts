/** Searching without script: a form and a page. */
import { say } from './calls';
import { expect, test } from './fixture';
import { message } from './gestures';

test('words typed into the head of the conversation are found on a page', async ({ room, ana, bo }) => {
  const { id } = await say(bo.request, room.guild.system_channel_id, 'a plain kingfisher');
  const results = ana.page.getByRole('list', { name: 'Search results' }).getByRole('article');
  await expect(async () => {
    await ana.page.goto(room.path);
    const box = ana.page.getByRole('searchbox', { name: 'Search Lighthouse' });
    await box.fill('KINGFISHER');
    await box.press('Enter');
    await expect(results).toHaveText([/a plain kingfisher/], { timeout: 500 });
  }).toPass({ timeout: 5000 });
  await expect(results.locator('mark')).toHaveText(['kingfisher']);
  await results.getByRole('link', { name: /\d\d:\d\d/ }).click();
  await expect(ana.page).toHaveURL(new RegExp(`${id}$`));
  await expect(message(ana.page, 'a plain kingfisher')).toBeVisible();
});
