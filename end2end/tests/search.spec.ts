/** Searching: from the head of the conversation, in the panel, in the address; and nothing that may not be read. */
import type { Locator, Page } from '@playwright/test';
import { expectAccessible } from './axe';
import { call, createChannel, say } from './calls';
import { expect, gather, open, reload, test } from './fixture';
import { message, send } from './gestures';

function results(page: Page): Locator {
  return page.getByRole('list', { name: 'Search results' }).getByRole('article');
}

async function search(page: Page, words: string, name: string): Promise<void> {
  const box = page.getByRole('searchbox', { name }).first();
  await box.fill(words);
  await box.press('Enter');
}

test('what somebody just wrote is found within a second, marked, and leads to where it was said', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await send(bo.page, 'the *café* opens at nine');
  for (let at = 0; at < 60; at += 1) await say(bo.request, room.guild.system_channel_id, `line ${at}`);
  await send(bo.page, 'about 東京の天気 and rain');
  await expect(message(ana.page, '東京の天気')).toBeVisible();
  // Indexed a moment after the answer: asked again until then, which the panel's own box does.
  await expect(async () => {
    await search(ana.page, 'CAFE', 'Search Lighthouse');
    await expect(results(ana.page)).toHaveText([/the café opens at nine/], { timeout: 500 });
  }).toPass({ timeout: 5000 });
  await expect(results(ana.page).locator('mark')).toHaveText(['café']);
  await expectAccessible(ana.page, 'search results');
  await results(ana.page).getByRole('link', { name: /\d\d:\d\d/ }).click();
  await expect(ana.page.getByRole('group', { name: 'Messages in general' }).getByText('café')).toBeInViewport();
  await expect(results(ana.page)).toHaveCount(1);

  await search(ana.page, '天気', 'Search Lighthouse');
  await expect(results(ana.page)).toHaveText([/東京の天気/]);
  await search(ana.page, `from:${bo.username} "opens at"`, 'Search Lighthouse');
  await expect(results(ana.page)).toHaveText([/opens at nine/]);
  await search(ana.page, 'in:nowhere rain', 'Search Lighthouse');
  await expect(ana.page.getByText('Nothing found', { exact: true }).last()).toBeVisible();
  await expect(ana.page.getByText(/for in:nowhere/)).toBeVisible();
});

test('a search is in the address: a reload asks for nothing, pages go on, the order is kept', async ({ room, ana, bo }) => {
  for (let at = 0; at < 30; at += 1) await say(bo.request, room.guild.system_channel_id, `herring number ${at}`);
  await gather(room.path, ana);
  await expect(async () => {
    await search(ana.page, 'herring', 'Search Lighthouse');
    await expect(results(ana.page)).toHaveCount(25, { timeout: 500 });
    await expect(results(ana.page).first()).toContainText('number 29', { timeout: 500 });
  }).toPass({ timeout: 5000 });
  const asked: string[] = [];
  ana.page.on('request', (request) => asked.push(request.url()));
  await reload(ana.page);
  await expect(results(ana.page)).toHaveCount(25);
  expect(asked.filter((url) => url.includes('/api/messages/search'))).toEqual([]);
  await ana.page.getByRole('link', { name: 'More results' }).click();
  await expect(results(ana.page)).toHaveCount(5);
  await expect(results(ana.page).first()).toContainText('number 4');
  await ana.page.getByRole('combobox', { name: 'Order' }).selectOption('Best match');
  await expect(ana.page).toHaveURL(/order=relevant/);
  await expect(results(ana.page)).toHaveCount(25);
  await ana.page.getByRole('link', { name: 'Close search' }).click();
  await expect(ana.page.getByRole('complementary', { name: 'Members' })).toBeVisible();
});

test('a filter that makes no sense says so, and the keyboard begins a search', async ({ room, ana, faults }) => {
  faults.expect(/status of 400/);
  await gather(room.path, ana);
  await ana.page.keyboard.press('Control+f');
  await expect(ana.page.getByRole('searchbox', { name: 'Search Lighthouse' })).toBeFocused();
  await ana.page.keyboard.type('before:yesterdayish');
  await ana.page.keyboard.press('Enter');
  await expect(ana.page.getByRole('complementary', { name: 'Search' }).getByRole('alert')).toBeVisible();
});

test('what one may not see is not found, and a conversation is searched by itself', async ({ room, ana, bo, somebody }) => {
  const eve = await somebody('Eve');
  await createChannel(ana.request, room.guild.id, 'plans');
  await say(ana.request, room.guild.system_channel_id, 'the secret walrus');
  await expect(async () => {
    const found = await ana.request.post('/api/messages/search', {
      data: { search: { scope: { at: 'guild', guild: room.guild.id }, query: 'walrus' } },
    });
    expect(await found.text()).toContain('secret walrus');
  }).toPass({ timeout: 5000 });
  const refused = await eve.request.post('/api/messages/search', {
    data: { search: { scope: { at: 'guild', guild: room.guild.id }, query: 'walrus' } },
  });
  expect(refused.status()).toBe(404);
  const dm = await call<{ id: string }>(bo.request, 'dms/open-by-name', { query: ana.username });
  await open(bo.page, `/channels/@me/${dm.id}`);
  await search(bo.page, 'walrus', `Search ${ana.name}`);
  await expect(bo.page.getByText('Nothing found', { exact: true }).last()).toBeVisible();
});
