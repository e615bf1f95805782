/** What somebody has written, and where they are, survives what happens around them. */
import type { Page, Route } from '@playwright/test';
import { call, createChannel, fill, letIn, say } from './calls';
import { expect, gather, hydrated, live, open, PASSWORD, reload, test } from './fixture';
import { act, composer, connectionBanner, message, messages, send, servers, signIn } from './gestures';

const SEND = '**/api/messages/send';

const rows = (page: Page, text: RegExp) => messages(page).getByRole('article').filter({ hasText: text });

test('what waits for a connection survives a reload and arrives once, in order', async ({ room, ana, bo, faults }) => {
  faults.expect(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/);
  await gather(room.path, ana, bo);
  await ana.context.setOffline(true);
  await expect(connectionBanner(ana.page)).toBeVisible();
  const texts = ['kept in the tunnel 1', 'kept in the tunnel 2'];
  for (const text of texts) await send(ana.page, text);
  await expect(rows(ana.page, /kept in/)).toContainText(texts);
  // The page is gone: without a network there is nothing to load.
  await ana.page.goto('about:blank');
  await ana.context.setOffline(false);
  await open(ana.page, room.path);
  await expect(rows(bo.page, /kept in/)).toContainText(texts);
  await expect(rows(ana.page, /kept in/)).toContainText(texts);
  await expect(ana.page.locator('.message--pending')).toHaveCount(0);
  for (const person of [ana, bo]) {
    await reload(person.page);
    await expect(rows(person.page, /kept in/)).toHaveCount(2);
  }
});

test('a message whose answer was never seen is not shown twice after a reload', async ({ room, ana, bo, faults }) => {
  faults.expect(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/);
  await gather(room.path, ana, bo);
  // It arrives, but this page hears neither the answer nor the echo.
  await ana.page.route(SEND, async (route) => {
    await ana.context.setOffline(true);
    await expect(connectionBanner(ana.page)).toBeVisible();
    await route.fetch();
    await route.abort('internetdisconnected');
  });
  await send(ana.page, 'half heard');
  await expect(message(bo.page, 'half heard')).toBeVisible();
  await expect(message(ana.page, 'half heard')).toHaveClass(/message--pending/);
  const kept = await ana.page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('unsent:')).length);
  expect(kept, 'it is kept on this device').toBe(1);
  await ana.page.goto('about:blank');
  await ana.context.setOffline(false);
  await ana.page.unroute(SEND);
  await open(ana.page, room.path);
  await expect(message(bo.page, 'half heard')).toHaveCount(1);
  await expect(message(ana.page, 'half heard')).toHaveCount(1);
  await expect
    .poll(() => ana.page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('unsent:')).length))
    .toBe(0);
});

test('a refused message still waits for the person after a reload, with its reason, and is not sent by itself', async ({ room, ana, faults }) => {
  faults.expect(/status of 403/);
  await gather(room.path, ana);
  await ana.page.route(SEND, (route) =>
    route.fulfill({ status: 403, contentType: 'application/json', body: '{"code":"forbidden"}' }),
  );
  await send(ana.page, 'think again');
  await expect(message(ana.page, 'think again')).toContainText('Not sent. You are not allowed to do that.');
  await ana.page.unroute(SEND);
  await reload(ana.page);
  await live(ana.page);
  await expect(message(ana.page, 'think again')).toContainText('Not sent. You are not allowed to do that.');
  await message(ana.page, 'think again').getByRole('button', { name: 'Edit' }).click();
  await expect(composer(ana.page)).toHaveValue('think again');
  await expect(message(ana.page, 'think again')).toHaveCount(0);
  await reload(ana.page);
  await expect(composer(ana.page)).toHaveValue('think again');
  await expect(message(ana.page, 'think again')).toHaveCount(0);
});

test('older messages that arrive leave focus and selection where they are', async ({ room, ana }) => {
  await fill(ana.request, room.guild.system_channel_id, 150);
  await say(ana.request, room.guild.system_channel_id, 'hold on to me');
  await fill(ana.request, room.guild.system_channel_id, 20);
  await gather(room.path, ana);
  await message(ana.page, 'hold on to me').focus();
  await ana.page.evaluate(() => {
    const body = [...document.querySelectorAll('.message__body')].find((one) => one.textContent?.includes('hold on'));
    if (body) getSelection()?.selectAllChildren(body);
  });
  const state = () =>
    ana.page.evaluate(() => ({
      focus: document.activeElement?.textContent?.includes('hold on') ?? false,
      selection: getSelection()?.toString().includes('hold on') ?? false,
      rows: document.querySelectorAll('article').length,
    }));
  expect(await state()).toMatchObject({ focus: true, selection: true, rows: 50 });
  await messages(ana.page).hover();
  await expect(async () => {
    await ana.page.mouse.wheel(0, -300);
    expect((await state()).rows).toBeGreaterThan(100);
  }).toPass();
  expect(await state()).toMatchObject({ focus: true, selection: true });
});

test('deleting a message by keyboard leaves the keyboard at its neighbour', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  for (const text of ['first of three', 'second of three', 'third of three']) await send(ana.page, text);
  await expect(ana.page.locator('.message--pending')).toHaveCount(0);
  await message(ana.page, 'second of three').focus();
  await ana.page.keyboard.press('Shift+Delete');
  await expect(message(ana.page, 'second of three')).toHaveCount(0);
  await expect(message(ana.page, 'third of three')).toBeFocused();
  await ana.page.keyboard.press('Delete');
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Delete message' }).click();
  await expect(message(ana.page, 'third of three')).toHaveCount(0);
  await expect(message(ana.page, 'first of three')).toBeFocused();
  await expect(message(bo.page, 'third of three')).toHaveCount(0);
});

test('a text being changed is still there after scrolling far away and back', async ({ room, ana }) => {
  test.setTimeout(120_000);
  await fill(ana.request, room.guild.system_channel_id, 400);
  await gather(room.path, ana);
  await send(ana.page, 'to be changed');
  await expect(ana.page.locator('.message--pending')).toHaveCount(0);
  await act(ana.page, 'to be changed', 'Edit message');
  const editor = ana.page.getByRole('textbox', { name: 'Edit message' });
  await editor.fill('half changed');
  await messages(ana.page).hover();
  await expect(async () => {
    await ana.page.mouse.wheel(0, -2_000);
    await expect(editor).toHaveCount(0, { timeout: 200 });
  }).toPass();
  await expect(async () => {
    await ana.page.mouse.wheel(0, 2_000);
    await expect(editor).toBeInViewport({ timeout: 200 });
  }).toPass();
  await expect(editor).toHaveValue('half changed');
  await editor.press('Enter');
  await expect(message(ana.page, 'half changed')).toBeVisible();
});

test('the way back to now leaves the message in the address', async ({ room, ana }) => {
  const { id: early } = await say(ana.request, room.guild.system_channel_id, 'long ago');
  await fill(ana.request, room.guild.system_channel_id, 150);
  await open(ana.page, `${room.path}/${early}`);
  await expect(ana.page).toHaveURL(new RegExp(`${early}$`));
  await ana.page.getByRole('button', { name: 'Back to now' }).click();
  await expect(message(ana.page, /^line 150$/)).toBeInViewport();
  await expect(ana.page).toHaveURL(room.path);
  await reload(ana.page);
  await expect(message(ana.page, /^line 150$/)).toBeInViewport();
});

test('an answer to a message that is deleted meanwhile keeps its text and goes out without it', async ({ room, ana, bo, faults }) => {
  faults.expect(/status of 409/);
  await gather(room.path, ana, bo);
  const { id } = await say(bo.request, room.guild.system_channel_id, 'soon to be taken back');
  await act(ana.page, 'soon to be taken back', 'Reply');
  await composer(ana.page).fill('what do you mean?');
  await call(bo.request, 'messages/delete', { channel_id: room.guild.system_channel_id, message_id: id });
  await expect(ana.page.getByText('The message you were answering was deleted.')).toBeVisible();
  await expect(composer(ana.page)).toHaveValue('what do you mean?');

  // The deletion overtakes an answer that is on its way.
  const second = await say(bo.request, room.guild.system_channel_id, 'taken back as well');
  await act(ana.page, 'taken back as well', 'Reply');
  const overtake = async (route: Route): Promise<void> => {
    await call(bo.request, 'messages/delete', { channel_id: room.guild.system_channel_id, message_id: second.id });
    await route.continue();
  };
  await ana.page.route(SEND, overtake, { times: 1 });
  await send(ana.page, 'and this?');
  await expect(message(ana.page, 'and this?')).toContainText('not there any more');
  await message(ana.page, 'and this?').getByRole('button', { name: 'Send without the reply' }).click();
  await expect(message(bo.page, 'and this?')).toBeVisible();
  await expect(message(ana.page, 'and this?')).toHaveCount(1);
});

test('whoever looks at a channel that is deleted is told, and is somewhere else', async ({ room, ana, bo }) => {
  const { id } = await createChannel(ana.request, room.guild.id, 'attic');
  await gather(`/channels/${room.guild.id}/${id}`, bo);
  await expect(composer(bo.page, 'attic')).toBeVisible();
  await call(ana.request, 'channels/delete', { channel_id: id });
  await expect(bo.page.getByText('#attic is gone')).toBeVisible();
  await expect(composer(bo.page)).toBeVisible();
  await say(ana.request, room.guild.system_channel_id, 'here we are');
  await expect(message(bo.page, 'here we are')).toBeVisible();
});

test('what was not sent waits while one is shut out, and can be sent by whoever is let in again', async ({ room, ana, bo, faults }) => {
  faults.expect(/ERR_FAILED|status of 40[34]/);
  await gather(room.path, bo);
  await bo.page.route(SEND, (route) => route.abort());
  await send(bo.page, 'not lost');
  await expect(message(bo.page, 'not lost')).toBeVisible();
  const { me } = await call<{ me: { user: { id: string } } }>(bo.request, 'pages/home', {});
  await call(ana.request, 'guilds/kick', { guild_id: room.guild.id, user_id: me.user.id });
  await expect(bo.page.getByText('You are no longer in Lighthouse')).toBeVisible();
  await expect(bo.page.getByText('What you had not sent there is kept')).toBeVisible();
  await bo.page.unroute(SEND);
  await letIn(ana.request, bo.request, room.guild.id);
  await servers(bo.page).getByRole('link', { name: 'Lighthouse' }).click();
  await expect(message(bo.page, 'not lost')).toContainText('Not sent.');
  await reload(bo.page);
  await expect(message(bo.page, 'not lost')).toContainText('Not sent.');
  await message(bo.page, 'not lost').getByRole('button', { name: 'Try again' }).click();
  await gather(room.path, ana);
  await expect(message(ana.page, 'not lost')).toHaveCount(1);
  await expect(message(bo.page, 'not lost')).not.toContainText('Not sent.');
});

test('what was being written is before what is typed into a page that is not interactive yet', async ({ room, ana }) => {
  await open(ana.page, room.path);
  await composer(ana.page).fill('left here');
  let arrive = (): void => undefined;
  const held = new Promise<void>((done) => (arrive = done));
  await ana.page.route('**/pkg/**/*.wasm', async (route) => {
    await held;
    await route.continue();
  });
  await ana.page.goto('/channels/@me', { waitUntil: 'commit' });
  await ana.page.goto(room.path, { waitUntil: 'commit' });
  await composer(ana.page).fill('early');
  arrive();
  await hydrated(ana.page);
  await expect(composer(ana.page)).toHaveValue('left here\nearly');
});

test('what waits when the session ends goes out once the same person has signed in again', async ({ room, ana, bo, faults }) => {
  faults.expect(/ERR_FAILED|status of 401/);
  await gather(room.path, ana, bo);
  await ana.page.route(SEND, (route) => route.abort());
  await send(ana.page, 'after signing in');
  await expect(message(ana.page, 'after signing in')).toBeVisible();
  await call(ana.request, 'accounts/logout', {});
  await expect(ana.page).toHaveURL(/\/login/);
  await ana.page.unroute(SEND);
  await hydrated(ana.page);
  await signIn(ana.page, ana.username, PASSWORD);
  await expect(message(bo.page, 'after signing in')).toHaveCount(1);
  await expect(message(bo.page, 'after signing in')).toBeVisible();
});
