/** Channels and servers change for everybody who is looking. */
import { createChannel, createGuild, letIn } from './calls';
import { expect, gather, live, open, test } from './fixture';
import { channelLink, channels, composer, message, send, servers } from './gestures';

test('a new channel appears for all, and its maker is in it', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await channels(ana.page, 'Lighthouse').getByRole('link', { name: 'Create channel' }).first().click();
  await ana.page.getByRole('textbox', { name: 'Channel name' }).fill('tide-tables');
  await ana.page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(ana.page.getByRole('heading', { level: 1, name: 'tide-tables' })).toBeVisible();
  await expect(composer(ana.page, 'tide-tables')).toBeVisible();
  await channelLink(bo.page, 'Lighthouse', 'tide-tables').click();
  await send(bo.page, 'high at noon', 'tide-tables');
  await expect(message(ana.page, 'high at noon')).toBeVisible();
});

test('a new name and topic of a channel are seen in place', async ({ room, ana, bo }) => {
  await gather(room.path, bo);
  await open(ana.page, `/servers/${room.guild.id}/settings/channels`);
  const entry = ana.page.getByRole('listitem').filter({ hasText: 'general' });
  await entry.getByText('Edit', { exact: true }).click();
  await entry.getByRole('textbox', { name: 'Channel name' }).fill('harbour');
  await entry.getByRole('textbox', { name: 'Topic' }).fill('Ships and when they come');
  await entry.getByRole('button', { name: 'Save changes' }).click();
  await expect(ana.page.getByRole('status').filter({ hasText: 'Saved.' })).toBeVisible();
  await expect(channelLink(bo.page, 'Lighthouse', 'harbour')).toBeVisible();
  await expect(bo.page.getByRole('heading', { level: 1, name: 'harbour' })).toBeVisible();
  await expect(bo.page.getByText('Ships and when they come').first()).toBeVisible();
  await expect(composer(bo.page, 'harbour')).toBeVisible();
});

test('who is in a channel that is deleted is led to another', async ({ room, ana, bo }) => {
  const doomed = await createChannel(ana.request, room.guild.id, 'doomed');
  await gather(`/channels/${room.guild.id}/${doomed.id}`, bo);
  await open(ana.page, `/servers/${room.guild.id}/settings/channels`);
  const entry = ana.page.getByRole('listitem').filter({ hasText: 'doomed' });
  await entry.getByText('Edit', { exact: true }).click();
  await entry.getByText('Delete…').click();
  await entry.getByRole('button', { name: 'Delete channel' }).click();
  await expect(ana.page.getByRole('listitem').filter({ hasText: 'doomed' })).toHaveCount(0);
  await expect(channelLink(bo.page, 'Lighthouse', 'doomed')).toHaveCount(0);
  await expect(composer(bo.page, 'doomed')).toHaveCount(0);
  await expect(channelLink(bo.page, 'Lighthouse', 'general')).toBeVisible();
});

test('channels that move, move for all', async ({ room, ana, bo }) => {
  await createChannel(ana.request, room.guild.id, 'alpha');
  await createChannel(ana.request, room.guild.id, 'beta');
  await gather(room.path, bo);
  const order = (): Promise<string[]> =>
    channels(bo.page, 'Lighthouse')
      .locator('.channel-row__name')
      .filter({ hasText: /^(alpha|beta)$/ })
      .allTextContents();
  expect(await order()).toEqual(['alpha', 'beta']);
  await open(ana.page, `/servers/${room.guild.id}/settings/channels`);
  const entry = ana.page.getByRole('listitem').filter({ hasText: 'beta' });
  await entry.getByText('Edit', { exact: true }).click();
  await entry.getByRole('button', { name: 'Move up: beta' }).click();
  await expect.poll(order).toEqual(['beta', 'alpha']);
  await entry.getByText('Edit', { exact: true }).click();
  await entry.getByRole('combobox', { name: 'Category' }).selectOption({ label: 'Text channels' });
  await entry.getByRole('button', { name: 'Move there' }).click();
  // What stands under a category comes after what stands alone.
  await expect.poll(order).toEqual(['alpha', 'beta']);
});

test('a server that is renamed has its new name everywhere', async ({ room, ana, bo }) => {
  await gather(room.path, bo);
  await open(ana.page, `/servers/${room.guild.id}/settings`);
  await ana.page.getByRole('textbox', { name: 'Server name' }).fill('Pier Nine');
  await ana.page.getByRole('button', { name: 'Save changes' }).click();
  await expect(servers(bo.page).getByRole('link', { name: 'Pier Nine' })).toBeVisible();
  await expect(channelLink(bo.page, 'Pier Nine', 'general')).toBeVisible();
  await expect(ana.page.getByRole('textbox', { name: 'Type “Pier Nine” to confirm' })).toBeVisible();
});

test('deleting a server asks for its name and takes everybody out of it', async ({ room, ana, bo }) => {
  await gather(room.path, bo);
  await open(ana.page, `/servers/${room.guild.id}/settings`);
  const button = ana.page.getByRole('button', { name: 'Delete server' });
  await expect(ana.page.getByText('2 members lose 1 channel')).toBeVisible();
  await expect(button).toBeDisabled();
  const field = ana.page.getByRole('textbox', { name: 'Type “Lighthouse” to confirm' });
  await field.fill('Lighthous');
  await expect(button).toBeDisabled();
  await field.fill('Lighthouse');
  await button.click();
  await expect(ana.page).toHaveURL(/\/channels\/@me$/);
  for (const page of [ana.page, bo.page]) {
    await expect(servers(page).getByRole('link', { name: 'Lighthouse' })).toHaveCount(0);
  }
  await expect(composer(bo.page)).toHaveCount(0);
  expect((await bo.request.get(room.path)).status()).toBe(404);
});

test('a server that is handed over is the other one’s to delete, at once', async ({ room, ana, bo }) => {
  await open(bo.page, `/servers/${room.guild.id}/settings`);
  await live(bo.page);
  await expect(bo.page.getByText('Leave…')).toBeVisible();
  await expect(bo.page.getByRole('button', { name: 'Delete server' })).toHaveCount(0);
  await open(ana.page, `/servers/${room.guild.id}/settings`);
  await ana.page.getByRole('textbox', { name: 'Username of the new owner' }).fill(bo.username);
  await ana.page.getByRole('button', { name: 'Hand over' }).click();
  await expect(bo.page.getByRole('button', { name: 'Delete server' })).toBeVisible();
  await expect(ana.page.getByText('Leave…')).toBeVisible();
  await expect(ana.page.getByRole('button', { name: 'Delete server' })).toHaveCount(0);
});

test('who leaves a server is out of it on every page they have', async ({ room, ana, bo }) => {
  const tab = await bo.context.newPage();
  await gather(room.path, ana, bo);
  await open(tab, room.path);
  await live(tab);
  await channels(bo.page, 'Lighthouse').getByRole('button', { name: 'Lighthouse' }).click();
  await bo.page.getByRole('link', { name: 'Server settings' }).click();
  await bo.page.getByText('Leave…').click();
  await bo.page.getByRole('button', { name: 'Leave server' }).click();
  await expect(bo.page).toHaveURL(/\/channels\/@me$/);
  for (const page of [bo.page, tab]) {
    await expect(servers(page).getByRole('link', { name: 'Lighthouse' })).toHaveCount(0);
  }
  await expect(composer(tab)).toHaveCount(0);
});

test('who is removed loses the server at once and cannot read on', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  const page = await (await bo.request.post('/api/pages/home', { form: {} })).json();
  const answer = await ana.request.post('/api/guilds/kick', {
    form: { guild_id: room.guild.id, user_id: page.me.user.id },
  });
  expect(answer.status()).toBe(200);
  await expect(servers(bo.page).getByRole('link', { name: 'Lighthouse' })).toHaveCount(0);
  await expect(composer(bo.page)).toHaveCount(0);
  await send(ana.page, 'now we are alone');
  await expect(message(ana.page, 'now we are alone')).toBeVisible();
  await expect(bo.page.getByText('now we are alone')).toHaveCount(0);
});

test('a server joined on one device is in the rail of the other', async ({ ana, bo }) => {
  await gather('/channels/@me', bo);
  const guild = await createGuild(ana.request, 'Late Joiners');
  await letIn(ana.request, bo.request, guild.id);
  await servers(bo.page).getByRole('link', { name: 'Late Joiners' }).click();
  await expect(channelLink(bo.page, 'Late Joiners', 'general')).toBeVisible();
  await expect(composer(bo.page)).toBeVisible();
});
