/** What the outside can see and do: headers, cookies, other sites, nobody, and somebody who guesses. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { APIResponse } from '@playwright/test';
import { call, say } from './calls';
import { expect, freshUsername, open, PASSWORD, test } from './fixture';
import { message } from './gestures';

const API = join(__dirname, '../../src/api');
/** Who is not signed in has to be able to call these. */
const PUBLIC = ['accounts/login', 'accounts/register', 'invites/preview', 'pages/instance'];

/** Every server function there is, by its attribute. */
function serverFunctions(): { endpoint: string; json: boolean }[] {
  const sources = readdirSync(API).map((file) => readFileSync(join(API, file), 'utf8'));
  return sources.flatMap((source) =>
    [...source.matchAll(/#\[server\((?<attribute>[^\]]*endpoint = "(?<endpoint>[^"]+)"[^\]]*)\)\]/g)].map((found) => ({
      endpoint: found.groups?.['endpoint'] ?? '',
      json: /input = Json/.test(found.groups?.['attribute'] ?? ''),
    })),
  );
}

/** Something for every argument of every server function. */
const ARGUMENTS = {
  guild_id: '1', channel_id: '1', message_id: '1', user_id: '1', invite_id: '1', session_id: '1', attachment_id: '1', thread_id: '1',
  name: 'x', content: 'x', query: 'x', code: 'x', display_name: 'x', username: 'xx', confirmation: 'x',
  current_password: PASSWORD, new_password: PASSWORD, position: '0', emoji: '👍',
};
const JSON_ARGUMENTS = { channel_id: '1', anchor: { page: 'latest' }, place: { at: 'home' }, search: { scope: { at: 'guild', guild: '1' }, query: 'x' } };

function expectPrivate(answer: APIResponse): void {
  const headers = answer.headers();
  expect.soft(headers['x-content-type-options'], answer.url()).toBe('nosniff');
  expect.soft(headers['referrer-policy'], answer.url()).toMatch(/no-referrer|same-origin|strict-origin/);
  expect.soft(headers['cross-origin-opener-policy'], answer.url()).toBe('same-origin');
  expect.soft(headers['cross-origin-resource-policy'], answer.url()).toBe('same-origin');
  expect.soft(headers['server'] ?? headers['x-powered-by'], answer.url()).toBeUndefined();
}

test('every kind of answer carries the headers that protect it', async ({ ana, room, request }) => {
  const page = await ana.request.get(room.path);
  expectPrivate(page);
  expect(page.headers()['cache-control']).toContain('no-store');
  const policy = page.headers()['content-security-policy'] ?? '';
  for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "object-src 'none'"]) {
    expect.soft(policy).toContain(part);
  }
  expect(policy).not.toContain('unsafe-inline');
  expect(policy).not.toContain("'unsafe-eval'");
  const nonce = (answer: APIResponse): string => /'nonce-([^']+)'/.exec(answer.headers()['content-security-policy'] ?? '')?.[1] ?? '';
  expect(nonce(page).length).toBeGreaterThanOrEqual(16);
  expect(nonce(await ana.request.get(room.path)), 'a nonce is used once').not.toBe(nonce(page));

  const html = await page.text();
  expect(html, 'no inline style').not.toMatch(/<[^>]+ style=/);
  expect(html, 'no inline handler').not.toMatch(/<[^>]+ on[a-z]+=/);
  const script = /\/pkg\/[\w-]{22}\/harmony\.[\w-]+\.js/.exec(html)?.[0] ?? '';
  expect(script, 'the page names its script').not.toBe('');
  const file = await request.get(script);
  expect(file.status()).toBe(200);
  expectPrivate(file);
  expect(file.headers()['cache-control']).toMatch(/max-age=31536000.*immutable/);

  const api = await ana.request.post('/api/pages/home');
  expectPrivate(api);
  expect(api.headers()['cache-control']).toContain('no-store');
  const nothing = await request.get('/no/such/page');
  expect(nothing.status()).toBe(404);
  expectPrivate(nothing);
  expect(nothing.headers()['content-security-policy']).toContain("frame-ancestors 'none'");
  for (const path of ['/pkg/nothing.js', '/../Cargo.toml', '/%2e%2e/Cargo.toml', '/pkg/%2e%2e/%2e%2e/hash.txt']) {
    const missing = await request.get(path);
    expect.soft(missing.status(), path).toBe(404);
    expect.soft(await missing.text()).not.toContain('[package]');
  }
});

test('the session’s cookie is out of reach of scripts and other sites', async ({ request, page, ana }) => {
  const form = { display_name: 'Cookie', username: freshUsername('cookie'), email: '', password: PASSWORD };
  const answer = await request.post('/api/accounts/register', { form });
  const cookie = answer.headersArray().find(({ name, value }) => name.toLowerCase() === 'set-cookie' && value.startsWith('harmony='))?.value ?? '';
  for (const part of [/; ?HttpOnly/i, /; ?SameSite=Lax/i, /; ?Path=\//i]) expect(cookie).toMatch(part);
  expect(cookie).not.toMatch(/Domain=/i);
  expect(/^harmony=([^;]+)/.exec(cookie)?.[1]?.length).toBeGreaterThanOrEqual(43);
  expect(page.url()).toBe('about:blank');
  await open(ana.page, '/channels/@me');
  expect(await ana.page.evaluate(() => document.cookie)).not.toContain('harmony=');
});

test('a form of another site changes nothing', async ({ ana, room }) => {
  const channel = room.guild.system_channel_id;
  const form = { channel_id: channel, content: 'forged' };
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
  ];
  for (const headers of foreign) {
    for (const endpoint of ['messages/send', 'accounts/logout', 'guilds/delete']) {
      const answer = await ana.request.post(`/api/${endpoint}`, {
        headers, form: { ...form, guild_id: room.guild.id, confirmation: 'Lighthouse' },
      });
      expect(answer.status(), `${endpoint} ${JSON.stringify(headers)}`).toBe(403);
    }
  }
  await say(ana.request, channel, 'genuine');
  await open(ana.page, room.path);
  await expect(message(ana.page, 'genuine')).toBeVisible();
  await expect(ana.page.getByText('forged')).toHaveCount(0);
});

test('no server function can be called with GET', async ({ ana, room }) => {
  for (const { endpoint } of serverFunctions()) {
    const answer = await ana.request.get(`/api/${endpoint}?guild_id=${room.guild.id}&confirmation=Lighthouse`);
    expect.soft([404, 405], `${endpoint} answered ${answer.status()}`).toContain(answer.status());
  }
  expect((await ana.request.get(room.path)).status()).toBe(200);
});

test('nobody can call anything but what is for everybody', async ({ request }) => {
  const all = serverFunctions();
  expect(all.length, 'the attributes were found').toBeGreaterThan(25);
  expect(PUBLIC.every((name) => all.some(({ endpoint }) => endpoint === name))).toBe(true);
  for (const { endpoint, json } of all.filter(({ endpoint }) => !PUBLIC.includes(endpoint))) {
    const answer = await request.post(`/api/${endpoint}`, json ? { data: JSON_ARGUMENTS } : { form: ARGUMENTS });
    expect.soft(answer.status(), endpoint).toBe(401);
    expect.soft(await answer.text(), endpoint).toBe('{"code":"unauthorized"}');
    expect.soft(answer.headers()['content-type'], endpoint).toContain('json');
  }
});

test('somebody from outside learns nothing of a server, its channels and messages', async ({ room, ana, somebody }) => {
  const channel = room.guild.system_channel_id;
  const said = await say(ana.request, channel, 'inside only');
  const eve = await somebody('Eve');
  const ids = { ...ARGUMENTS, guild_id: room.guild.id, channel_id: channel, message_id: said.id };
  const closed = [
    'messages/send', 'messages/edit', 'messages/delete', 'messages/read', 'messages/unread', 'pins/add', 'pins/remove', 'pins/list', 'previews/suppress',
    'threads/create', 'threads/list', 'channels/create', 'channels/update', 'channels/move',
    'channels/delete', 'guilds/rename', 'guilds/delete', 'guilds/leave', 'guilds/transfer', 'guilds/kick', 'guilds/snapshot',
    'guilds/members', 'guilds/find_members', 'invites/create', 'invites/standing', 'invites/list',
  ];
  for (const endpoint of closed) {
    const answer = await eve.request.post(`/api/${endpoint}`, { form: ids });
    expect.soft(answer.status(), endpoint).toBe(404);
    expect.soft(await answer.text(), endpoint).toBe('{"code":"not_found"}');
  }
  for (const path of [`/channels/${room.guild.id}`, room.path, `${room.path}/${said.id}`, `/servers/${room.guild.id}/settings`]) {
    const answer = await eve.request.get(path);
    expect.soft(answer.status(), path).toBe(404);
    expect.soft(await answer.text(), path).not.toMatch(/inside only|Lighthouse/);
  }
});

test('somebody who guesses passwords is slowed down, in words a client understands', async ({ ana, request }) => {
  const statuses: number[] = [];
  for (let count = 0; count < 20; count++) {
    const answer = await request.post('/api/accounts/login', { form: { login: ana.username, password: `guess ${count}` } });
    statuses.push(answer.status());
    if (answer.status() === 429) {
      expect(Number(answer.headers()['retry-after'])).toBeGreaterThan(0);
      expect(await answer.text()).toContain('"code":"rate_limited"');
    } else {
      expect(await answer.text()).toBe('{"code":"wrong_credentials"}');
    }
  }
  const first = statuses.indexOf(429);
  expect(first, 'ten guesses, then none').toBe(10);
  expect(statuses).toEqual([...Array<number>(first).fill(401), ...Array<number>(20 - first).fill(429)]);
  // Who is signed in is not shut out by somebody else's guesses.
  await call(ana.request, 'pages/home', {});
  const unknown = await request.post('/api/accounts/login', { form: { login: freshUsername('nobody'), password: PASSWORD } });
  expect(unknown.status()).toBe(401);
  expect(await unknown.text()).toBe('{"code":"wrong_credentials"}');
});

test('after signing in one is led to this site only', async ({ ana, somebody }) => {
  for (const next of ['//evil.example', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)']) {
    const device = await somebody('Device', false);
    const answer = await device.request.post('/login', {
      form: { call: '/api/accounts/login', login: ana.username, password: PASSWORD, next },
      maxRedirects: 0,
    });
    expect.soft(answer.status()).toBe(303);
    expect.soft(answer.headers()['location'], next).toBe('/channels/@me');
  }
});

test('what is not readable, too large or not known is refused, never an error of ours', async ({ ana, room }) => {
  const channel = room.guild.system_channel_id;
  const status = async (endpoint: string, form: Record<string, string>): Promise<number> =>
    (await ana.request.post(`/api/${endpoint}`, { form })).status();
  expect(await status('messages/send', { channel_id: 'x', content: 'y' })).toBe(400);
  expect(await status('messages/send', { channel_id: '99999999999999999999', content: 'y' })).toBe(400);
  expect(await status('messages/send', { channel_id: '-1', content: 'y' })).toBe(400);
  expect(await status('messages/send', { content: 'y' })).toBe(400);
  expect(await status('messages/send', { channel_id: channel, content: ' \n ' })).toBe(400);
  expect(await status('messages/send', { channel_id: channel, content: 'x'.repeat(4_001) })).toBe(400);
  expect(await status('messages/send', { channel_id: channel, content: 'x'.repeat(250_000) })).toBe(413);
  expect(await status('messages/send', { channel_id: '12345', content: 'y' })).toBe(404);
  expect(await status('messages/edit', { channel_id: channel, message_id: '12345', content: 'y' })).toBe(404);
  expect((await ana.request.post('/api/messages/history', { data: '{"channel_id":' })).status()).toBe(400);
  expect((await ana.request.post('/api/no/such/function', { form: {} })).status()).toBe(404);
});
