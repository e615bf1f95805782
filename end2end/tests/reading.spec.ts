/** What is unread, who is meant, who is here: on every tab and device at once. */
import { createChannel, createGuild, say } from './calls';
import { expect, gather, live, open, test } from './fixture';
import { channelLink, composer, members, message, send, servers, signIn } from './gestures';

test('a dot and a count appear where somebody wrote, and go when it is read', async ({ room, ana, bo }) => {
  await createChannel(ana.request, room.guild.id, 'quiet');
  await gather(room.path, ana);
  const general = channelLink(ana.page, 'Lighthouse', 'general');
  await expect(general, 'what was there is read').not.toHaveAccessibleName(/unread/);
  await channelLink(ana.page, 'Lighthouse', 'quiet').click();
  await expect(composer(ana.page, 'quiet')).toBeVisible();
  await say(bo.request, room.guild.system_channel_id, 'anybody here?');
  await expect(general).toHaveAccessibleName(/unread/);
  await say(bo.request, room.guild.system_channel_id, `hey @${ana.username}`);
  await expect(general).toHaveAccessibleName(/1 mention/);
  await say(bo.request, room.guild.system_channel_id, `and again @${ana.username}`);
  await expect(general).toHaveAccessibleName(/2 mentions/);
  await general.click();
  await expect(message(ana.page, 'and again')).toBeVisible();
  await expect(general).not.toHaveAccessibleName(/unread|mention/);
});

test('what is read on one tab or device is read on all', async ({ room, ana, bo, somebody }) => {
  const quiet = await createChannel(ana.request, room.guild.id, 'quiet');
  const elsewhere = `/channels/${room.guild.id}/${quiet.id}`;
  const tab = await ana.context.newPage();
  const device = await somebody('Device', false);
  await open(device.page, '/login');
  await signIn(device.page, ana.username);
  await expect(device.page).toHaveURL(/@me/);
  const pages = [ana.page, tab, device.page];
  for (const page of pages) await open(page, elsewhere);
  for (const page of pages) await live(page);

  await say(bo.request, room.guild.system_channel_id, `three screens, @${ana.username}`);
  for (const page of pages) {
    await expect(channelLink(page, 'Lighthouse', 'general')).toHaveAccessibleName(/1 mention/);
  }
  await channelLink(ana.page, 'Lighthouse', 'general').click();
  for (const page of pages) {
    await expect(channelLink(page, 'Lighthouse', 'general')).not.toHaveAccessibleName(/unread|mention/);
  }
});

test('a server somebody is not looking at shows its mentions on its tile', async ({ room, ana, bo }) => {
  const other = await createGuild(ana.request, 'Elsewhere');
  await gather(`/channels/${other.id}`, ana);
  const tile = servers(ana.page).getByRole('link', { name: 'Lighthouse' });
  await say(bo.request, room.guild.system_channel_id, 'hm');
  await expect(tile).toHaveAccessibleName(/unread/);
  await say(bo.request, room.guild.system_channel_id, `@${ana.username} look`);
  await expect(tile).toHaveAccessibleName(/1 mention/);
  await tile.click();
  await expect(message(ana.page, 'look')).toBeVisible();
  await expect(tile).not.toHaveAccessibleName(/unread|mention/);
});

test('what one wrote oneself is not unread on the other device', async ({ room, ana, somebody }) => {
  const quiet = await createChannel(ana.request, room.guild.id, 'quiet');
  const device = await somebody('Device', false);
  await open(device.page, '/login');
  await signIn(device.page, ana.username);
  await expect(device.page).toHaveURL(/@me/);
  await open(device.page, `/channels/${room.guild.id}/${quiet.id}`);
  await live(device.page);
  await gather(room.path, ana);
  await send(ana.page, 'from my other hand');
  // Something later that does show proves that the first has been here and gone by.
  const third = await createChannel(ana.request, room.guild.id, 'third');
  await expect(channelLink(device.page, 'Lighthouse', 'third')).toBeVisible();
  await expect(channelLink(device.page, 'Lighthouse', 'general')).not.toHaveAccessibleName(/unread/);
  expect(third.name).toBe('third');
});

test('the line between old and new stands where somebody stopped reading', async ({ room, ana, bo }) => {
  await gather(room.path, ana);
  await say(bo.request, room.guild.system_channel_id, 'already read');
  await expect(message(ana.page, 'already read')).toBeVisible();
  const general = channelLink(ana.page, 'Lighthouse', 'general');
  await expect(general).not.toHaveAccessibleName(/unread/);
  await ana.page.goto('/channels/@me');
  await say(bo.request, room.guild.system_channel_id, 'not yet read');
  await open(ana.page, room.path);
  const line = ana.page.getByRole('separator', { name: /new/i });
  await expect(line).toBeVisible();
  const order = await ana.page.evaluate(() => {
    const text = (part: string): Element | undefined =>
      [...document.querySelectorAll('article')].find((row) => row.textContent?.includes(part));
    const divider = document.querySelector('.unread-divider');
    const before = text('already read');
    const after = text('not yet read');
    if (!divider || !before || !after) return 'missing';
    const follows = (a: Node, b: Node): boolean => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
    return follows(before, divider) && follows(divider, after) ? 'between' : 'elsewhere';
  });
  expect(order).toBe('between');
});

test('who is here is shown as they come and go', async ({ room, ana, bo }) => {
  await gather(room.path, ana);
  const online = members(ana.page).getByRole('list', { name: /^Online/ });
  const offline = members(ana.page).getByRole('list', { name: /^Offline/ });
  await expect(online).toContainText('Ana');
  await expect(offline).toContainText('Bo');
  await gather(room.path, bo);
  await expect(online).toContainText('Bo');
  await bo.page.close();
  await expect(offline).toContainText('Bo');
});

test('somebody new is in the list of members at once, and gone when they leave', async ({ room, ana, somebody }) => {
  await gather(room.path, ana);
  const dara = await somebody('Dara');
  const { code } = await (await ana.request.post('/api/invites/standing', { form: { guild_id: room.guild.id } })).json();
  await dara.request.post('/api/invites/join', { form: { code } });
  await expect(members(ana.page)).toContainText('Dara');
  await dara.request.post('/api/guilds/leave', { form: { guild_id: room.guild.id } });
  await expect(members(ana.page)).not.toContainText('Dara');
});

test('a new name is seen by others without a reload', async ({ room, ana, bo }) => {
  await say(bo.request, room.guild.system_channel_id, 'who am I?');
  await gather(room.path, ana);
  await expect(message(ana.page, 'who am I?')).toContainText('Bo');
  await bo.request.post('/api/accounts/profile', { form: { display_name: 'Boris the Second', email: '' } });
  await expect(members(ana.page)).toContainText('Boris the Second');
  await expect(message(ana.page, 'who am I?')).toContainText('Boris the Second');
  await expect(composer(ana.page)).toBeVisible();
});
