/** What was begun is still there when somebody comes back to it, and so is the keyboard. */
import { createChannel, say } from './calls';
import { expect, gather, live, open, test } from './fixture';
import { act, channelLink, composer, connectionBanner, members, message, send, servers } from './gestures';

test('an answer and a change that were begun are there again when one comes back to the channel', async ({ room, ana, bo }) => {
  await createChannel(ana.request, room.guild.id, 'elsewhere');
  await gather(room.path, ana, bo);
  await say(bo.request, room.guild.system_channel_id, 'who brings the rope?');
  await act(ana.page, 'who brings the rope?', 'Reply');
  await composer(ana.page).fill('I do');
  await channelLink(ana.page, 'Lighthouse', 'elsewhere').click();
  await expect(composer(ana.page, 'elsewhere')).toBeVisible();
  await expect(ana.page.getByText('Replying to Bo')).toHaveCount(0);
  await channelLink(ana.page, 'Lighthouse', 'general').click();
  await expect(composer(ana.page)).toHaveValue('I do');
  await expect(ana.page.getByText('Replying to Bo')).toBeVisible();
  await composer(ana.page).press('Enter');
  await expect(message(bo.page, 'I do').getByRole('link', { name: /Reply to/ })).toBeVisible();

  await act(ana.page, 'I do', 'Edit message');
  await ana.page.getByRole('textbox', { name: 'Edit message' }).fill('I do, and a lamp');
  await channelLink(ana.page, 'Lighthouse', 'elsewhere').click();
  await expect(composer(ana.page, 'elsewhere')).toBeVisible();
  await channelLink(ana.page, 'Lighthouse', 'general').click();
  await expect(ana.page.getByRole('textbox', { name: 'Edit message' })).toHaveValue('I do, and a lamp');
  await ana.page.getByRole('textbox', { name: 'Edit message' }).press('Enter');
  await expect(message(bo.page, 'I do, and a lamp')).toBeVisible();
});

test('a change that cannot be saved stays in its place with the reason, and is saved later', async ({ room, ana, bo, faults }) => {
  faults.expect(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/);
  await gather(room.path, ana, bo);
  await send(ana.page, 'meet at six');
  await expect(message(bo.page, 'meet at six')).toBeVisible();
  await ana.context.setOffline(true);
  await act(ana.page, 'meet at six', 'Edit message');
  const editor = ana.page.getByRole('textbox', { name: 'Edit message' });
  await editor.fill('meet at seven');
  await editor.press('Enter');
  await expect(ana.page.getByRole('alert').filter({ hasText: 'Not changed.' })).toBeVisible();
  await expect(editor).toHaveValue('meet at seven');
  await ana.context.setOffline(false);
  await live(ana.page);
  await editor.press('Enter');
  await expect(editor).toHaveCount(0);
  await expect(message(bo.page, 'meet at seven')).toBeVisible();
});

test('a channel that was opened without a connection is there when the connection is', async ({ room, ana, faults }) => {
  faults.expect(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED/);
  const channel = await createChannel(ana.request, room.guild.id, 'elsewhere');
  await say(ana.request, channel.id, 'said elsewhere');
  await gather(room.path, ana);
  await ana.context.setOffline(true);
  await channelLink(ana.page, 'Lighthouse', 'elsewhere').click();
  await expect(ana.page.getByText('Could not load this channel')).toBeVisible();
  await expect(connectionBanner(ana.page)).toBeVisible();
  await ana.context.setOffline(false);
  await expect(message(ana.page, 'said elsewhere')).toBeVisible();
  await expect(ana.page.getByText('Could not load this channel')).toHaveCount(0);
});

test('a server opens where one was in it, and at its first channel when that is gone', async ({ room, ana }) => {
  const channel = await createChannel(ana.request, room.guild.id, 'elsewhere');
  await gather(room.path, ana);
  await channelLink(ana.page, 'Lighthouse', 'elsewhere').click();
  await expect(composer(ana.page, 'elsewhere')).toBeVisible();
  await servers(ana.page).getByRole('link', { name: 'Direct messages' }).click();
  await expect(composer(ana.page, 'elsewhere')).toHaveCount(0);
  await servers(ana.page).getByRole('link', { name: 'Lighthouse' }).click();
  await expect(ana.page).toHaveURL(new RegExp(`/${channel.id}$`));
  await servers(ana.page).getByRole('link', { name: 'Direct messages' }).click();
  await ana.request.post('/api/channels/delete', { form: { channel_id: channel.id } });
  await expect(servers(ana.page).getByRole('link', { name: 'Lighthouse' })).not.toHaveAttribute('href', new RegExp(channel.id));
  await servers(ana.page).getByRole('link', { name: 'Lighthouse' }).click();
  await expect(composer(ana.page)).toBeVisible();
});

test('what is sent in one tab does not wait in another', async ({ room, ana }) => {
  await gather(room.path, ana);
  await composer(ana.page).fill('once is enough');
  const second = await ana.context.newPage();
  await open(second, room.path);
  await expect(composer(second)).toHaveValue('once is enough');
  await composer(ana.page).press('Enter');
  await expect(composer(second)).toHaveValue('');
  // What the other tab wrote itself is its own.
  await composer(second).fill('something else');
  await expect(composer(ana.page)).toHaveValue('something else');
  await composer(ana.page).fill('');
  await expect(composer(second)).toHaveValue('');
});

test('deleting with the keyboard leaves it at the neighbour, and with the pointer where it was', async ({ room, ana }) => {
  await gather(room.path, ana);
  for (const text of ['first of three', 'second of three', 'third of three']) await send(ana.page, text);
  await expect(ana.page.locator('.message--pending')).toHaveCount(0);
  const confirm = ana.page.getByRole('dialog').getByRole('button', { name: 'Delete message' });
  await message(ana.page, 'third of three').focus();
  await ana.page.getByRole('toolbar').getByRole('button', { name: 'Delete message' }).press('Enter');
  await confirm.click();
  await expect(message(ana.page, 'third of three')).toHaveCount(0);
  await expect(message(ana.page, 'second of three')).toBeFocused();

  await composer(ana.page).focus();
  await act(ana.page, 'second of three', 'Delete message');
  await confirm.click();
  await expect(message(ana.page, 'second of three')).toHaveCount(0);
  await expect(composer(ana.page)).toBeFocused();
});

test('a note about what was done leaves the message box free', async ({ room, ana }) => {
  await ana.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await gather(room.path, ana);
  await send(ana.page, 'link to me');
  await expect(ana.page.locator('.message--pending')).toHaveCount(0);
  await act(ana.page, 'link to me', 'Copy link');
  await expect(ana.page.getByText('Link copied')).toBeVisible();
  await composer(ana.page).fill('free');
  await ana.page.getByRole('button', { name: 'Send message' }).click({ timeout: 2_000 });
  await expect(ana.page.getByText('Link copied')).toBeVisible();
  await expect(message(ana.page, 'free')).toBeVisible();
});

test('a click beside the open member list closes it', async ({ room, ana }) => {
  await ana.page.setViewportSize({ width: 900, height: 800 });
  await gather(room.path, ana);
  await ana.page.getByRole('link', { name: 'Member list' }).click();
  await expect(members(ana.page)).toBeVisible();
  await ana.page.mouse.click(450, 400);
  await expect(members(ana.page)).toBeHidden();
  await composer(ana.page).click();
  await expect(composer(ana.page)).toBeFocused();
});
