/** What is said in a channel: seen by both at once, changed, answered, found again. */
import { call, createChannel, fill, say } from './calls';
import { expect, gather, live, open, reload, test } from './fixture';
import { act, composer, message, messages, send } from './gestures';

test('both see what the other says, in the same order, and a reload shows the same', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await send(ana.page, 'one from ana');
  await expect(message(bo.page, 'one from ana')).toBeVisible();
  await send(bo.page, 'two from bo');
  await expect(message(ana.page, 'two from bo')).toBeVisible();
  await send(bo.page, 'three from bo');
  await expect(message(ana.page, 'three from bo')).toBeVisible();
  await send(ana.page, 'four from ana');
  await expect(message(bo.page, 'four from ana')).toBeVisible();

  const said = [/one from ana/, /two from bo/, /three from bo/, /four from ana/];
  for (const person of [ana, bo]) {
    const rows = messages(person.page).getByRole('article').filter({ hasText: / from / });
    await expect(rows).toHaveText(said);
    const names = await rows.evaluateAll((all) => all.map((row) => row.className));
    await reload(person.page);
    await expect(rows).toHaveText(said);
    expect(await rows.evaluateAll((all) => all.map((row) => row.className)), 'groups stay as they were').toEqual(names);
  }
});

test('the typing line names who writes, and goes when the message is there', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  const line = ana.page.getByRole('status').filter({ hasText: 'Bo is typing' });
  await composer(bo.page).pressSequentially('just a mo');
  await expect(line).toBeVisible();
  await expect(bo.page.getByText('is typing'), 'nobody is told about themselves').toHaveCount(0);
  await composer(bo.page).press('Enter');
  await expect(message(ana.page, 'just a mo')).toBeVisible();
  await expect(ana.page.getByText('Bo is typing')).toHaveCount(0);
  await composer(bo.page).pressSequentially('and another');
  await expect(line, 'the next one is told at once').toBeVisible();
});

test('the typing line goes by itself when somebody stops writing', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await composer(bo.page).pressSequentially('never sent');
  await expect(ana.page.getByText('Bo is typing')).toBeVisible();
  // Eight seconds after the last signal, says the design; no clock of this page is moved.
  await expect(ana.page.getByText('Bo is typing')).toHaveCount(0, { timeout: 15_000 });
});

test('an edit reaches the other page and says that it was edited', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await send(ana.page, 'a frist try');
  await expect(message(bo.page, 'a frist try')).toBeVisible();
  await act(ana.page, 'a frist try', 'Edit message');
  const editor = messages(ana.page).getByRole('textbox');
  await expect(editor).toBeFocused();
  await expect(editor).toHaveValue('a frist try');
  await editor.fill('a first try');
  await editor.press('Enter');
  for (const page of [ana.page, bo.page]) {
    await expect(message(page, 'a first try')).toContainText('(edited)');
    await expect(message(page, 'a frist try')).toHaveCount(0);
  }
});

test('a deleted message goes from both pages and does not come back', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await send(ana.page, 'to be regretted');
  await send(ana.page, 'to be kept');
  await expect(message(bo.page, 'to be regretted')).toBeVisible();
  await act(ana.page, 'to be regretted', 'Delete message');
  await ana.page.getByRole('dialog').getByRole('button', { name: /^Delete/ }).click();
  for (const page of [ana.page, bo.page]) {
    await expect(message(page, 'to be regretted')).toHaveCount(0);
    await expect(message(page, 'to be kept')).toBeVisible();
  }
  await reload(bo.page);
  await expect(message(bo.page, 'to be kept')).toBeVisible();
  await expect(bo.page.getByText('to be regretted')).toHaveCount(0);
});

test('a message of somebody else offers no edit, and no deletion to who may not', async ({ room, ana, bo }) => {
  await say(ana.request, room.guild.system_channel_id, 'mine alone');
  await gather(room.path, ana, bo);
  await message(bo.page, 'mine alone').hover();
  const toolbar = bo.page.getByRole('toolbar');
  await expect(toolbar.getByRole('button', { name: 'Reply' })).toBeVisible();
  await expect(toolbar.getByRole('button', { name: 'Edit message' })).toHaveCount(0);
  await expect(toolbar.getByRole('button', { name: 'Delete message' })).toHaveCount(0);
});

test('a reply quotes what it answers, follows its edits, and says when it is gone', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await send(ana.page, 'who brings bread?');
  await act(bo.page, 'who brings bread?', 'Reply');
  await expect(composer(bo.page)).toBeFocused();
  await send(bo.page, 'I do.');
  const quote = message(ana.page, 'I do.').locator('.message__reply');
  await expect(quote).toContainText('who brings bread?');
  await expect(quote).toContainText('Ana');
  await act(ana.page, 'who brings bread?', 'Edit message');
  await messages(ana.page).getByRole('textbox').fill('who brings soup?');
  await ana.page.keyboard.press('Enter');
  await expect(message(bo.page, 'I do.').locator('.message__reply')).toContainText('who brings soup?');
  await act(ana.page, 'who brings soup?', 'Delete message');
  await ana.page.getByRole('dialog').getByRole('button', { name: /^Delete/ }).click();
  await expect(message(bo.page, 'I do.').locator('.message__reply')).toContainText(/deleted/i);
});

test('a quote leads to the message it quotes, also when that is far up', async ({ room, ana }) => {
  const channel = room.guild.system_channel_id;
  const first = await say(ana.request, channel, 'the very first question');
  await fill(ana.request, channel, 110);
  await call(ana.request, 'messages/send', { channel_id: channel, content: 'the late answer', reply_to: first.id });
  await gather(room.path, ana);
  await expect(message(ana.page, 'the late answer')).toBeInViewport();
  await message(ana.page, 'the late answer').locator('.message__reply').click();
  await expect(message(ana.page, 'the very first question')).toBeInViewport();
  await expect(message(ana.page, 'the very first question')).toHaveClass(/message--selected/);
  await ana.page.goBack();
  await expect(message(ana.page, 'the late answer')).toBeInViewport();
});

test('who joins and who leaves is said in the channel', async ({ room, ana, bo, somebody }) => {
  await gather(room.path, ana);
  await expect(messages(ana.page)).toContainText('Bo joined');
  const chidi = await somebody('Chidi');
  const { code } = await (await ana.request.post('/api/invites/standing', { form: { guild_id: room.guild.id } })).json();
  await open(chidi.page, `/invite/${code}`);
  await chidi.page.getByRole('button', { name: 'Join Lighthouse' }).click();
  await expect(messages(ana.page)).toContainText('Chidi joined');
  await bo.request.post('/api/guilds/leave', { form: { guild_id: room.guild.id } });
  await expect(messages(ana.page)).toContainText('Bo left');
});

test('the link of a message leads back to it, however old it is', async ({ room, ana }) => {
  const old = await say(ana.request, room.guild.system_channel_id, 'the oldest word');
  await fill(ana.request, room.guild.system_channel_id, 120);
  await ana.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(ana.page, `${room.path}/${old.id}`);
  await expect(message(ana.page, 'the oldest word')).toBeInViewport();
  await expect(message(ana.page, 'line 120')).toHaveCount(0);
  await act(ana.page, 'the oldest word', 'Copy link');
  const copied = () => ana.page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(copied).toBe(new URL(`${room.path}/${old.id}`, ana.page.url()).href);

  await live(ana.page);
  await ana.page.getByRole('button', { name: 'Back to now' }).click();
  await expect(message(ana.page, 'line 120')).toBeInViewport();
});

test('somebody far up is told what is new and not moved', async ({ room, ana, bo }) => {
  await fill(ana.request, room.guild.system_channel_id, 60);
  await gather(room.path, ana, bo);
  await expect(message(ana.page, 'line 60')).toBeInViewport();
  await messages(ana.page).hover();
  await ana.page.mouse.wheel(0, -1500);
  await expect(message(ana.page, 'line 60')).not.toBeInViewport();
  await send(bo.page, 'fresh news');
  const pill = ana.page.getByRole('button', { name: /1 new message/ });
  await expect(pill).toBeVisible();
  await expect(message(ana.page, 'fresh news')).not.toBeInViewport();
  await pill.click();
  await expect(message(ana.page, 'fresh news')).toBeInViewport();
  await expect(pill).toHaveCount(0);
});

test('a link to a message that is gone leads to where it was, and says so', async ({ room, ana, bo, faults, baseURL }) => {
  faults.expect(/status of 404/);
  const channel = room.guild.system_channel_id;
  await fill(ana.request, channel, 120);
  const gone = await say(ana.request, channel, 'soon gone');
  await fill(bo.request, channel, 120);
  await call(ana.request, 'messages/delete', { channel_id: channel, message_id: gone.id });
  await say(bo.request, channel, `see ${baseURL}${room.path}/${gone.id}`);
  const notice = bo.page.getByRole('status').filter({ hasText: 'That message is gone. This is where it was.' });
  const before = messages(bo.page).getByRole('article').filter({ hasText: /line 120/ }).first();

  await open(bo.page, `${room.path}/${gone.id}`);
  await expect(notice).toBeVisible();
  await expect(before).toBeInViewport();
  await bo.page.getByRole('link', { name: 'Newest messages' }).click();
  await expect(notice).toHaveCount(0);
  await expect(message(bo.page, /^see http/)).toBeInViewport();

  await messages(bo.page).getByRole('link', { name: gone.id }).click();
  await expect(bo.page, 'a link to a place in here is gone to').toHaveURL(`${room.path}/${gone.id}`);
  await expect(notice, 'also without loading the page anew').toBeVisible();
  await expect(before).toBeInViewport();

  const aside = await createChannel(ana.request, room.guild.id, 'aside');
  await say(ana.request, aside.id, `over there: ${baseURL}${room.path}/${gone.id}`);
  await open(bo.page, `/channels/${room.guild.id}/${aside.id}`);
  await messages(bo.page, 'aside').getByRole('link', { name: gone.id }).click();
  await expect(notice, 'also in a channel that was not open before').toBeVisible();
  await expect(before).toBeInViewport();
});
