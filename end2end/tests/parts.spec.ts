/** Parts of the WASM that are fetched when they are first needed, and that they may not arrive. */
import type { Page } from '@playwright/test';
import { expect, gather, hydrated, open, test } from './fixture';
import { composer, createServer, message, send, servers } from './gestures';

/** Names of the WASM files the page fetches from now on, without their hashes. */
function fetched(page: Page): string[] {
  const names: string[] = [];
  page.on('response', (response) => {
    const name = /\/([a-z_]+)(?:_\d+)?\.[\w-]{22}\.wasm$/.exec(response.url())?.[1];
    if (name) names.push(name);
  });
  return names;
}

/** Lets no part arrive until the answer is called. */
async function withhold(page: Page, part: string): Promise<() => Promise<void>> {
  const pattern = `**/split_${part}.*`;
  await page.route(pattern, (route) => route.abort());
  return () => page.unroute(pattern);
}

test('a channel can be read and written in with the first file alone', async ({ room, ana }) => {
  const names = fetched(ana.page);
  await gather(room.path, ana);
  await send(ana.page, 'with one file');
  await expect(message(ana.page, 'with one file')).toBeVisible();
  expect(names).toEqual(['harmony']);
});

test('settings fetch their part once', async ({ room, ana }) => {
  await gather(room.path, ana);
  const names = fetched(ana.page);
  await ana.page.getByRole('link', { name: 'Settings' }).click();
  await expect(ana.page.getByRole('textbox', { name: 'Display name' })).toBeVisible();
  expect(names).toContain('split_settings');
  names.length = 0;
  await ana.page.getByRole('link', { name: 'Appearance' }).click();
  await expect(ana.page.getByRole('radio', { name: 'Dark' })).toBeVisible();
  expect(names).toEqual([]);
});

test('settings that do not arrive say so, and come when asked again', async ({ room, ana, faults }) => {
  faults.expect(/ERR_FAILED|Failed to fetch/);
  await gather(room.path, ana);
  const release = await withhold(ana.page, 'settings');
  await ana.page.getByRole('link', { name: 'Settings' }).click();
  await expect(ana.page.getByRole('heading', { name: 'This could not be loaded' })).toBeVisible();
  await release();
  await ana.page.getByRole('button', { name: 'Try again' }).click();
  await expect(ana.page.getByRole('textbox', { name: 'Display name' })).toBeVisible();
});

test('a page whose part does not arrive is still a page', async ({ ana, faults }) => {
  faults.expect(/ERR_FAILED|Failed to fetch/);
  await withhold(ana.page, 'settings');
  const tried = ana.page.waitForEvent('requestfailed', (request) => request.url().includes('split_settings'));
  await ana.page.goto('/settings');
  await tried;
  await ana.page.getByRole('textbox', { name: 'Display name' }).fill('Ana of the page');
  await ana.page.getByRole('button', { name: 'Save changes' }).click();
  await expect(ana.page.getByRole('textbox', { name: 'Display name' })).toHaveValue('Ana of the page');
  await expect(ana.page.locator('html')).not.toHaveAttribute('data-hydrated', '');
});

test('a dialog that does not arrive says so, and opens when asked again', async ({ ana, faults }) => {
  faults.expect(/ERR_FAILED|Failed to fetch/);
  await open(ana.page, '/channels/@me');
  const release = await withhold(ana.page, 'asked');
  const opener = servers(ana.page).getByRole('link', { name: 'Create or join a server' });
  await opener.click();
  await expect(ana.page.getByText('Not loaded')).toBeVisible();
  await release();
  await createServer(ana.page, 'After all');
  await expect(composer(ana.page)).toBeVisible();
});

test('an emoji picker that does not arrive says so, and opens when asked again', async ({ room, ana, faults }) => {
  faults.expect(/ERR_FAILED|Failed to fetch/);
  await gather(room.path, ana);
  await send(ana.page, 'pick one');
  const release = await withhold(ana.page, 'picker');
  const row = message(ana.page, 'pick one');
  await row.hover();
  await ana.page.getByRole('button', { name: 'Add reaction' }).first().click();
  await expect(ana.page.getByText('Not loaded')).toBeVisible();
  await release();
  await row.hover();
  await ana.page.getByRole('button', { name: 'Add reaction' }).first().click();
  await expect(ana.page.getByRole('searchbox', { name: 'Search emoji' })).toBeFocused();
});

test('who is not signed in fetches the pages of the entrance', async ({ page }) => {
  const names = fetched(page);
  await page.goto('/login');
  await hydrated(page);
  expect(names).toContain('split_entrance');
  expect(names).not.toContain('split_settings');
});
