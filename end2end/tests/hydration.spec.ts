/** What the first answer carries: everything. And what taking it over may not do: ask again, or change it. */
import type { Page } from '@playwright/test';
import { fill, say } from './calls';
import { expect, gather, hydrated, live, open, test } from './fixture';
import { channelLink, channels, message, messages, register, servers } from './gestures';

/** Calls to server functions that a page makes, by their name. */
function calls(page: Page): string[] {
  const made: string[] = [];
  page.on('request', (request) => {
    const path = new URL(request.url()).pathname;
    if (path.startsWith('/api/')) made.push(path.slice('/api/'.length));
  });
  return made;
}

test('a channel’s page holds its messages and asks for nothing it holds', async ({ room, ana, bo }) => {
  await fill(bo.request, room.guild.system_channel_id, 20);
  const html = await (await ana.request.get(room.path)).text();
  expect(html).toContain('line 20');
  expect(html).toContain('Lighthouse');

  const made = calls(ana.page);
  await open(ana.page, room.path);
  await live(ana.page);
  await expect(message(ana.page, 'line 20')).toBeVisible();
  // What is unread is marked as read: that is the last thing a page does by itself.
  await expect(channelLink(ana.page, 'Lighthouse', 'general')).not.toHaveAccessibleName(/unread/);
  expect(made.filter((name) => name !== 'messages/read')).toEqual([]);
});

for (const [what, path] of [
  ['home', '/channels/@me'],
  ['account', '/settings'],
  ['devices', '/settings/devices'],
  ['appearance', '/settings/appearance'],
] as const) {
  test(`the page “${what}” asks for nothing after it arrived`, async ({ ana }) => {
    const made = calls(ana.page);
    await open(ana.page, path);
    await live(ana.page);
    expect(made).toEqual([]);
  });
}

test('the settings of a server ask for nothing after they arrived', async ({ room, ana }) => {
  const made = calls(ana.page);
  for (const tail of ['', '/channels', '/invites']) {
    await open(ana.page, `/servers/${room.guild.id}/settings${tail}`);
    await live(ana.page);
  }
  expect(made).toEqual([]);
});

test('being taken over changes nothing of what is on the page', async ({ room, ana, bo }) => {
  await fill(bo.request, room.guild.system_channel_id, 10);
  await say(bo.request, room.guild.system_channel_id, `**bold** with \`code\` for @${ana.username}`);
  await open(ana.page, room.path);
  await expect(channelLink(ana.page, 'Lighthouse', 'general')).not.toHaveAccessibleName(/unread|mention/);
  const page = await ana.context.newPage();
  // Times are the one thing that may change: the backend does not know where the reader is.
  await page.addInitScript(() => {
    document.addEventListener('DOMContentLoaded', () => {
      const rows = [...document.querySelectorAll('article')];
      const texts = rows.map((row) => row.querySelector('.message__body p')?.outerHTML);
      Object.assign(window, { firstRows: rows, firstTexts: texts });
    });
  });
  await page.goto(room.path);
  await hydrated(page);
  const same = await page.evaluate(() => {
    const first = window as unknown as { firstRows: Element[]; firstTexts: string[] };
    const now = [...document.querySelectorAll('article')];
    return {
      count: first.firstRows.length,
      rows: first.firstRows.every((row, at) => row === now[at]),
      texts: JSON.stringify(first.firstTexts) === JSON.stringify(now.map((row) => row.querySelector('.message__body p')?.outerHTML)),
    };
  });
  expect(same).toEqual({ count: 12, rows: true, texts: true });
});

test('going from place to place keeps the page and its rail', async ({ room, ana }) => {
  await gather(room.path, ana);
  await ana.page.evaluate(() => Object.assign(window, { stillHere: true }));
  const rail = await servers(ana.page).elementHandle();
  await servers(ana.page).getByRole('link', { name: 'Direct messages' }).click();
  await expect(ana.page).toHaveURL(/@me$/);
  await servers(ana.page).getByRole('link', { name: 'Lighthouse' }).click();
  await expect(messages(ana.page)).toBeVisible();
  expect(await ana.page.evaluate(() => 'stillHere' in window)).toBe(true);
  expect(await servers(ana.page).evaluate((now, then) => now === then, rail)).toBe(true);
  await ana.page.goBack();
  await expect(ana.page).toHaveURL(/@me$/);
  await ana.page.goForward();
  await expect(channels(ana.page, 'Lighthouse')).toBeVisible();
  await expect(messages(ana.page)).toBeVisible();
});

test('the title names the place', async ({ room, ana }) => {
  await gather(room.path, ana);
  await expect(ana.page).toHaveTitle(/general.*Lighthouse.*Harmony/);
  await servers(ana.page).getByRole('link', { name: 'Direct messages' }).click();
  await expect(ana.page).not.toHaveTitle(/Lighthouse/);
});

test('a form that was sent before script was there comes back, and is taken over as it is', async ({ page, ana, faults }) => {
  faults.expect(/status of 409/);
  // Script never arrives on the first page.
  await page.route('**/*.wasm', () => undefined, { times: 1 });
  await page.goto('/register');
  await register(page, 'Somebody', ana.username);
  await hydrated(page);
  const username = page.getByRole('textbox', { name: 'Username' });
  await expect(page).toHaveURL(/\/register$/);
  await expect(username).toHaveAccessibleDescription('That username is taken.');
  await expect(username).toHaveValue(ana.username);
  await expect(page.getByRole('textbox', { name: 'Display name' })).toHaveValue('Somebody');
  // What was refused is over with the next page.
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Create an account' }).click();
  await expect(username).toHaveValue('');
  await expect(page.getByRole('alert')).toHaveCount(0);
});
