/** From the key to the ack: nothing is lost, repeated, reordered or made anew on the way. */
import type { Page } from '@playwright/test';
import { say } from './calls';
import { expect, gather, live, reload, test } from './fixture';
import { composer, connectionBanner, members, message, messages, send, servers, signIn } from './gestures';

const SEND = '**/api/messages/send';

/** Holds what is sent back until it is let go. */
async function hold(page: Page): Promise<() => Promise<void>> {
  let held = 0;
  let open = (): void => {};
  const gate = new Promise<void>((done) => (open = done));
  await page.route(SEND, async (route) => {
    held += 1;
    await gate;
    await route.continue();
  });
  return async () => {
    await expect.poll(() => held).toBeGreaterThan(0);
    open();
  };
}

test('a row is there at once and stays the same row when the answer comes', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  const letGo = await hold(ana.page);
  await send(ana.page, 'first it is a promise');
  const row = message(ana.page, 'first it is a promise');
  await expect(row).toHaveClass(/message--pending/);
  await expect(message(bo.page, 'first it is a promise')).toHaveCount(0);
  const before = await row.elementHandle();
  const place = await row.boundingBox();
  await letGo();
  await expect(row).not.toHaveClass(/message--pending/);
  await expect(message(bo.page, 'first it is a promise')).toBeVisible();
  const same = await row.evaluate((now, then) => now === then, before);
  expect(same, 'the row is the same element').toBe(true);
  expect(await row.boundingBox(), 'and it has not moved').toEqual(place);
  await reload(ana.page);
  await expect(row).toHaveCount(1);
});

test('messages typed faster than they are sent arrive once each and in order', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  const letGo = await hold(ana.page);
  const texts = Array.from({ length: 8 }, (_, at) => `quick ${at + 1}`);
  for (const text of texts) await send(ana.page, text);
  const rows = (page: Page) => messages(page).getByRole('article').filter({ hasText: /quick \d/ });
  await expect(rows(ana.page)).toHaveCount(8);
  await letGo();
  await expect(rows(bo.page)).toContainText(texts);
  await expect(rows(ana.page)).toContainText(texts);
  await reload(bo.page);
  await expect(rows(bo.page)).toContainText(texts);
});

test('what is written without a connection waits and arrives once, in order', async ({ room, ana, bo, faults }) => {
  faults.expect(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/);
  await gather(room.path, ana, bo);
  await send(ana.page, 'before the tunnel');
  await expect(message(bo.page, 'before the tunnel')).toBeVisible();

  await ana.context.setOffline(true);
  await expect(connectionBanner(ana.page)).toBeVisible();
  const texts = ['in the tunnel 1', 'in the tunnel 2', 'in the tunnel 3'];
  for (const text of texts) await send(ana.page, text);
  const rows = (page: Page) => messages(page).getByRole('article').filter({ hasText: /in the tunnel/ });
  await expect(rows(ana.page)).toHaveCount(3);
  await expect(rows(ana.page).getByText('Waiting for the connection')).toHaveCount(3);
  await say(bo.request, room.guild.system_channel_id, 'meanwhile outside');
  await expect(message(bo.page, 'meanwhile outside')).toBeVisible();
  await expect(rows(bo.page)).toHaveCount(0);

  await ana.context.setOffline(false);
  await expect(rows(bo.page)).toContainText(texts);
  await expect(message(ana.page, 'meanwhile outside')).toHaveCount(1);
  await expect(connectionBanner(ana.page)).toHaveCount(0);
  await expect(ana.page.getByText(/Back online/)).toBeVisible();
  await expect(ana.page.locator('.message--pending')).toHaveCount(0);
  await live(ana.page);
  for (const person of [ana, bo]) {
    await reload(person.page);
    await expect(rows(person.page)).toContainText(texts);
  }
});

test('a message that arrived but whose answer was lost is not sent twice', async ({ room, ana, bo, faults }) => {
  faults.expect(/ERR_(CONNECTION_)?FAILED|ERR_FAILED/);
  await gather(room.path, ana, bo);
  let lost = 0;
  await ana.page.route(SEND, async (route) => {
    if (lost++ > 0) return route.continue();
    await route.fetch();
    return route.abort('failed');
  });
  await send(ana.page, 'said exactly once');
  await expect(message(bo.page, 'said exactly once')).toBeVisible();
  await expect(message(ana.page, 'said exactly once')).not.toHaveClass(/message--pending|message--failed/);
  await reload(ana.page);
  await expect(message(ana.page, 'said exactly once')).toHaveCount(1);
  await reload(bo.page);
  await expect(message(bo.page, 'said exactly once')).toHaveCount(1);
});

test('a message that is refused keeps its text and can be tried again', async ({ room, ana, bo, faults }) => {
  faults.expect(/status of 403/);
  await gather(room.path, ana, bo);
  await ana.page.route(SEND, (route) =>
    route.fulfill({ status: 403, contentType: 'application/json', body: '{"code":"forbidden"}' }),
  );
  await send(ana.page, 'please take this');
  const row = message(ana.page, 'please take this');
  await expect(row).toContainText('Not sent');
  await ana.page.unroute(SEND);
  await row.getByRole('button', { name: 'Try again' }).click();
  await expect(message(bo.page, 'please take this')).toBeVisible();
  await expect(row).not.toContainText('Not sent');
  await expect(row).toHaveCount(1);
});

test('a message that is too long is stopped before it is sent', async ({ room, ana }) => {
  await gather(room.path, ana);
  let sent = 0;
  ana.page.on('request', (request) => {
    if (request.url().endsWith('/api/messages/send')) sent += 1;
  });
  await composer(ana.page).fill('x'.repeat(4_001));
  await composer(ana.page).press('Enter');
  await expect(composer(ana.page)).toHaveValue(/^x{4001}$/);
  expect(sent).toBe(0);
  await composer(ana.page).fill('x'.repeat(4_000));
  await composer(ana.page).press('Enter');
  await expect(composer(ana.page)).toHaveValue('');
  await expect(message(ana.page, /^x{4000}$/)).toHaveCount(1);
});

test('a draft waits in its channel while somebody looks elsewhere', async ({ room, ana }) => {
  await gather(room.path, ana);
  await composer(ana.page).fill('half a thought');
  await ana.page.getByRole('navigation', { name: 'Servers' }).getByRole('link', { name: 'Direct messages' }).click();
  await expect(composer(ana.page)).toHaveCount(0);
  await ana.page.getByRole('navigation', { name: 'Servers' }).getByRole('link', { name: 'Lighthouse' }).click();
  await expect(composer(ana.page)).toHaveValue('half a thought');
});

test('what was being written when the session ended is there after signing in again, for nobody else', async ({ room, ana, bo, faults }) => {
  faults.expect(/status of 401/);
  await gather(room.path, ana);
  await composer(ana.page).fill('half a thought');
  await ana.request.post('/api/accounts/logout');
  await expect(ana.page).toHaveURL(/\/login\?next=/);
  await signIn(ana.page, bo.username);
  await expect(ana.page).toHaveURL(room.path);
  await live(ana.page);
  await expect(composer(ana.page)).toHaveValue('');
  await ana.request.post('/api/accounts/logout');
  await expect(ana.page).toHaveURL(/\/login\?next=/);
  await signIn(ana.page, ana.username);
  await live(ana.page);
  await expect(composer(ana.page)).toHaveValue('half a thought');
});

test('who is cut off is told so also away from a channel, and is shown as away', async ({ room, ana, faults }) => {
  faults.expect(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/);
  await gather(room.path, ana);
  const own = members(ana.page).getByRole('link', { name: /Ana/ });
  const corner = ana.page.getByRole('region', { name: 'Your status' });
  await expect(own).toContainText('Online');
  await ana.context.setOffline(true);
  await expect(connectionBanner(ana.page)).toBeVisible();
  await expect(own).toContainText('Offline');
  await expect(corner).toContainText('Offline');
  await servers(ana.page).getByRole('link', { name: /Direct messages/ }).click();
  await expect(ana.page.getByRole('heading', { level: 1, name: 'Messages' })).toBeVisible();
  await expect(connectionBanner(ana.page)).toBeVisible();
  await ana.context.setOffline(false);
  await expect(ana.page.getByText(/Back online/)).toBeVisible();
  await expect(corner).toContainText('Online');
});
