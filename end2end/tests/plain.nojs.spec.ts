/** Without script: every basic thing is a link or a form. */
import type { Page } from '@playwright/test';
import { call, fill, say } from './calls';
import { expect, test, type Person } from './fixture';
import { channelLink, composer, createServer, invite, join, members, message, messages, register, servers, signIn } from './gestures';

/** Writes and presses the button. */
async function post(page: Page, text: string, place = 'general'): Promise<void> {
  await composer(page, place).fill(text);
  await page.getByRole('button', { name: 'Send message' }).click();
}

/** Opens a message's own page by its time. */
async function openPermalink(page: Page, text: string): Promise<void> {
  await message(page, text).locator('time').getByRole('link').first().click();
  await expect(page).toHaveURL(/\/channels\/[@\w]+\/\d+\/\d+$/);
}

async function newcomer(somebody: (name: string, registered: boolean) => Promise<Person>, name: string): Promise<Person> {
  const person = await somebody(name, false);
  await person.page.goto('/register');
  await register(person.page, name, person.username);
  await expect(person.page).toHaveURL(/\/channels\/@me$/);
  return person;
}

test('two people register, one makes a server, the other joins, both talk', async ({ somebody }) => {
  const ana = await newcomer(somebody, 'Ana');
  await createServer(ana.page, 'Paper');
  const link = await invite(ana.page, 'Paper');
  // Who has a link sees it at once.
  await ana.page.reload();
  await expect(ana.page.getByRole('textbox', { name: 'Invite link' })).toHaveValue(link);
  await expect(ana.page.getByRole('button', { name: 'Create invite link' })).toHaveCount(0);
  const bo = await somebody('Bo', false);
  await bo.page.goto(link);
  await bo.page.getByRole('link', { name: 'Create an account' }).click();
  await register(bo.page, bo.name, bo.username);
  await expect(bo.page).toHaveURL(link);
  await join(bo.page, 'Paper');
  await post(bo.page, 'typed without a script');
  await expect(message(bo.page, 'typed without a script')).toBeVisible();
  await expect(composer(bo.page)).toHaveValue('');

  await ana.page.goto('/channels/@me');
  await servers(ana.page).getByRole('link', { name: /Paper/ }).click();
  await expect(message(ana.page, 'typed without a script')).toBeVisible();
  await expect(ana.page.getByText('Live updates are off. Reload to see new messages.')).toBeVisible();
});

test('signing out and in again, with the wrong password in between', async ({ somebody, faults }) => {
  faults.expect(/status of 401/);
  const ana = await newcomer(somebody, 'Ana');
  await ana.page.goto('/settings');
  await ana.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(ana.page).toHaveURL(/\/login$/);
  await signIn(ana.page, ana.username, 'certainly not it');
  await expect(ana.page.getByRole('alert')).toHaveText('That username and password do not match.');
  await signIn(ana.page, ana.username);
  await expect(ana.page).toHaveURL(/\/channels\/@me$/);
});

test('older messages are pages back, and newer ones forward', async ({ room, ana }) => {
  await fill(ana.request, room.guild.system_channel_id, 130);
  await ana.page.goto(room.path);
  await expect(message(ana.page, /^line 130$/)).toBeVisible();
  await expect(messages(ana.page).getByRole('article')).toHaveCount(50);
  const older = ana.page.getByRole('link', { name: 'Older messages' });
  for (let back = 0; back < 6 && (await older.count()) > 0; back++) await older.click();
  await expect(message(ana.page, /^line 1$/)).toBeAttached();
  await expect(message(ana.page, /^line 130$/)).toHaveCount(0);
  await expect(older).toHaveCount(0);
  await ana.page.getByRole('link', { name: 'Back to the newest messages' }).click();
  await expect(message(ana.page, /^line 130$/)).toBeVisible();
  await channelLink(ana.page, 'Lighthouse', 'general').click();
  await expect(message(ana.page, /^line 130$/)).toBeVisible();
});

test('a message is answered, changed and deleted on its own page', async ({ room, ana, bo }) => {
  await say(bo.request, room.guild.system_channel_id, 'the door is locked');
  // Second in its group, so its time stands in the gutter.
  await say(bo.request, room.guild.system_channel_id, 'who has the key?');
  await ana.page.goto(room.path);
  await openPermalink(ana.page, 'who has the key?');
  await ana.page.getByRole('textbox', { name: 'Your reply' }).fill('I do');
  await ana.page.getByRole('button', { name: 'Reply', exact: true }).click();
  await expect(message(ana.page, 'I do').locator('.message__reply')).toContainText('who has the key?');

  await openPermalink(ana.page, 'I do');
  const editor = ana.page.getByRole('textbox', { name: 'New text' });
  await expect(editor).toHaveValue('I do');
  await editor.fill('I had it');
  await ana.page.getByRole('button', { name: 'Edit message' }).click();
  await expect(message(ana.page, 'I had it')).toContainText('(edited)');

  await openPermalink(ana.page, 'I had it');
  const button = ana.page.getByRole('button', { name: 'Delete message' });
  await expect(button, 'one press alone deletes nothing').toBeHidden();
  await ana.page.getByText('Delete…').click();
  await expect(ana.page.getByText('It will be gone for everybody.')).toBeVisible();
  await button.click();
  await expect(message(ana.page, 'I had it')).toHaveCount(0);
  await ana.page.goto(room.path);
  await expect(message(ana.page, 'who has the key?')).toBeVisible();
  await expect(message(ana.page, 'I had it')).toHaveCount(0);
});

test('lines stay lines when a message is answered and changed', async ({ room, ana }) => {
  await say(ana.request, room.guild.system_channel_id, 'roses\n\n  violets\nsugar');
  await ana.page.goto(room.path);
  await openPermalink(ana.page, 'roses');
  const editor = ana.page.getByRole('textbox', { name: 'New text' });
  await expect(editor).toHaveValue('roses\n\n  violets\nsugar');
  await editor.fill('roses are red\nviolets are blue');
  await ana.page.getByRole('button', { name: 'Edit message' }).click();
  await expect(editor).toHaveValue('roses are red\nviolets are blue');
  await ana.page.getByRole('textbox', { name: 'Your reply' }).fill('so they say\nand so do I');
  await ana.page.getByRole('button', { name: 'Reply', exact: true }).click();
  await expect(message(ana.page, 'so they say').locator('.message__body br')).toHaveCount(1);
});

test('a text that looks like the end of its field stays in it', async ({ room, ana }) => {
  const hostile = '</textarea><script>document.title = "mine"</script><b>bold</b> &lt; &amp;';
  await say(ana.request, room.guild.system_channel_id, hostile);
  await ana.page.goto(room.path);
  await openPermalink(ana.page, 'document.title');
  await expect(ana.page.getByRole('textbox', { name: 'New text' })).toHaveValue(hostile);
  await expect(ana.page.locator('main script, main b b')).toHaveCount(0);
});

test('a member has a page: to write to them, and to remove them in two steps', async ({ room, ana, bo }) => {
  await ana.page.goto(room.path);
  await members(ana.page).getByRole('link', { name: /Bo/ }).click();
  await expect(ana.page.getByRole('heading', { level: 1, name: 'Profile' })).toBeVisible();
  await expect(ana.page.getByText('Bo', { exact: true })).toBeVisible();
  await expect(ana.page.getByText(`@${bo.username}`)).toBeVisible();
  await expect(ana.page.getByText(/^In Lighthouse since \d/)).toBeVisible();
  await ana.page.getByRole('button', { name: 'Message' }).click();
  await expect(composer(ana.page, '@Bo')).toBeVisible();
  await ana.page.goto(room.path);
  await members(ana.page).getByRole('link', { name: /Bo/ }).click();
  const button = ana.page.getByRole('button', { name: 'Remove from server' });
  await expect(button).toBeHidden();
  await ana.page.getByText('Remove…').click();
  await button.click();
  await expect(ana.page).toHaveURL(new RegExp(`/channels/${room.guild.id}$`));
  await expect(members(ana.page).getByRole('link', { name: /Bo/ })).toHaveCount(0);
  expect((await bo.request.get(room.path)).status()).toBe(404);
});

test('a conversation of two is opened by name', async ({ ana, bo }) => {
  await ana.page.goto('/channels/@me');
  await ana.page.getByRole('link', { name: 'New message' }).first().click();
  await ana.page.getByRole('combobox', { name: 'Find or start a conversation' }).fill(bo.username);
  await ana.page.getByRole('button', { name: 'Open conversation' }).click();
  await expect(ana.page).toHaveURL(/\/channels\/@me\/\d+$/);
  await post(ana.page, 'on paper', '@Bo');
  await expect(message(ana.page, 'on paper')).toBeVisible();
  await bo.page.goto('/channels/@me');
  await bo.page.getByRole('navigation', { name: 'Direct messages' }).getByRole('link', { name: /Ana/ }).click();
  await expect(message(bo.page, 'on paper')).toBeVisible();
});

test('settings are saved by their button and shown by the next page', async ({ ana }) => {
  await ana.page.goto('/settings/appearance');
  await ana.page.getByRole('radio', { name: 'Dark' }).check();
  await ana.page.getByRole('radio', { name: 'Compact' }).check();
  await ana.page.getByRole('button', { name: 'Save changes' }).click();
  await ana.page.goto('/settings');
  await expect(ana.page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(ana.page.locator('html')).toHaveAttribute('data-density', 'compact');
  await ana.page.getByRole('textbox', { name: 'Display name' }).fill('Ana on paper');
  await ana.page.getByRole('button', { name: 'Save changes' }).click();
  await ana.page.goto('/settings');
  await expect(ana.page.getByRole('textbox', { name: 'Display name' })).toHaveValue('Ana on paper');
});

test('the owner makes a channel, and renames and deletes the server', async ({ room, ana, faults }) => {
  faults.expect(/status of 400/);
  await ana.page.goto(room.path);
  await ana.page.getByRole('link', { name: 'Create channel' }).first().click();
  await ana.page.getByRole('textbox', { name: 'Channel name' }).fill('paper-trail');
  await ana.page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(composer(ana.page, 'paper-trail')).toBeVisible();
  await ana.page.goto(`/servers/${room.guild.id}/settings`);
  await ana.page.getByRole('textbox', { name: 'Server name' }).fill('Papyrus');
  await ana.page.getByRole('button', { name: 'Save changes' }).click();
  await expect(ana.page.getByRole('textbox', { name: 'Server name' })).toHaveValue('Papyrus');
  await ana.page.getByRole('textbox', { name: 'Type “Papyrus” to confirm' }).fill('Parchment');
  await ana.page.getByRole('button', { name: 'Delete server' }).click();
  await expect(ana.page.getByText('Confirmation does not match.')).toBeVisible();
  await ana.page.getByRole('textbox', { name: 'Type “Papyrus” to confirm' }).fill('Papyrus');
  await ana.page.getByRole('button', { name: 'Delete server' }).click();
  await expect(ana.page).toHaveURL(/\/channels\/@me$/);
  await expect(servers(ana.page).getByRole('link', { name: 'Papyrus' })).toHaveCount(0);
});

test('another device is signed out from the list of devices', async ({ ana, somebody }) => {
  const device = await somebody('Device', false);
  await device.page.goto('/login');
  await signIn(device.page, ana.username);
  await expect(device.page).toHaveURL(/@me/);
  await ana.page.goto('/settings/devices');
  await ana.page.getByRole('main').getByRole('listitem').getByRole('button', { name: /^Sign out/ }).click();
  await expect(ana.page.getByRole('main').getByRole('listitem')).toHaveCount(1);
  await device.page.goto('/channels/@me');
  await expect(device.page).toHaveURL(/\/login/);
});

test('the drawers of a narrow screen open by links', async ({ room, ana }) => {
  await ana.page.setViewportSize({ width: 390, height: 844 });
  await ana.page.goto(room.path);
  await expect(servers(ana.page)).not.toBeInViewport();
  await ana.page.getByRole('link', { name: 'Open navigation' }).click();
  await expect(servers(ana.page)).toBeInViewport();
  await ana.page.getByRole('link', { name: 'Close navigation' }).click();
  await expect(servers(ana.page)).not.toBeInViewport();
});

test('a link to a message that is gone leads to where it was', async ({ room, ana, faults }) => {
  faults.expect(/status of 404/);
  const channel = room.guild.system_channel_id;
  await say(ana.request, channel, 'still here');
  const gone = await say(ana.request, channel, 'soon gone');
  await call(ana.request, 'messages/delete', { channel_id: channel, message_id: gone.id });
  const answer = await ana.page.goto(`${room.path}/${gone.id}`);
  expect(answer?.status()).toBe(404);
  await expect(ana.page.getByText('That message is gone. This is where it was.')).toBeVisible();
  await expect(message(ana.page, 'still here')).toBeVisible();
  await ana.page.getByRole('link', { name: 'Newest messages' }).click();
  await expect(ana.page).toHaveURL(room.path);
  await expect(ana.page.getByText('That message is gone.')).toHaveCount(0);
});
