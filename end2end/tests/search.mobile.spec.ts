/** Searching on a telephone: the results cover the conversation. */
import { say } from './calls';
import { expect, gather, test } from './fixture';
import { message } from './gestures';

test('a button leads to the search, and a result back into the conversation', async ({ room, ana, bo }) => {
  await say(bo.request, room.guild.system_channel_id, 'a pocket heron');
  await gather(room.path, ana);
  await ana.page.getByRole('button', { name: 'Search Lighthouse' }).tap();
  const panel = ana.page.getByRole('complementary', { name: 'Search' });
  const results = panel.getByRole('list', { name: 'Search results' }).getByRole('article');
  await expect(async () => {
    const box = panel.getByRole('searchbox', { name: 'Search Lighthouse' });
    await box.fill('');
    await box.press('Enter');
    await box.fill('heron');
    await box.press('Enter');
    await expect(results).toHaveText([/a pocket heron/], { timeout: 500 });
  }).toPass({ timeout: 5000 });
  await expect(panel).toBeInViewport({ ratio: 1 });
  await results.getByRole('link', { name: /\d\d:\d\d/ }).tap();
  await expect(panel).toHaveCount(0);
  await expect(message(ana.page, 'a pocket heron')).toBeInViewport();
});
