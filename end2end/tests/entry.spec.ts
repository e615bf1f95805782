/** Getting in: accounts, signing in and out, invites. */
import { createGuild } from './calls';
import { expect, freshUsername, hydrated, open, PASSWORD, test } from './fixture';
import { channelLink, createServer, invite, join, message, register, send, servers, signIn } from './gestures';

test('two people meet: one makes a server, the other comes by its link without an account', async ({ somebody }) => {
  const ana = await somebody('Ana', false);
  await open(ana.page, '/register');
  await register(ana.page, ana.name, ana.username);
  await expect(ana.page).toHaveURL(/\/channels\/@me$/);
  await ana.page.getByRole('link', { name: 'Get started' }).click();
  await expect(ana.page.getByRole('dialog').getByRole('textbox', { name: 'Server name' })).toBeFocused();
  await ana.page.keyboard.press('Escape');
  await createServer(ana.page, 'Harbour');
  await expect(ana.page.getByRole('link', { name: 'Get started' })).toHaveCount(0);
  await expect(servers(ana.page).getByRole('link', { name: 'Harbour' })).toHaveAttribute('aria-current', /page|true/);
  const link = await invite(ana.page, 'Harbour');

  const bo = await somebody('Bo', false);
  await open(bo.page, link);
  await expect(bo.page.getByRole('heading', { level: 1, name: 'Harbour' })).toBeVisible();
  await expect(bo.page.getByText('Ana invites you to')).toBeVisible();
  await bo.page.getByRole('link', { name: 'Create an account' }).click();
  await register(bo.page, bo.name, bo.username);
  await expect(bo.page).toHaveURL(link);
  await join(bo.page, 'Harbour');
  await expect(channelLink(bo.page, 'Harbour', 'general')).toBeVisible();

  await ana.page.keyboard.press('Escape');
  await send(bo.page, 'hello from outside');
  await expect(message(ana.page, 'hello from outside')).toBeVisible();
  await send(ana.page, 'welcome in');
  await expect(message(bo.page, 'welcome in')).toBeVisible();
});

test('an invite pasted into “Create or join a server” leads in', async ({ ana, bo }) => {
  const guild = await createGuild(ana.request, 'Pasted');
  await open(ana.page, `/channels/${guild.id}`);
  const link = await invite(ana.page, 'Pasted');
  await open(bo.page, '/channels/@me');
  await servers(bo.page).getByRole('link', { name: 'Create or join a server' }).click();
  await bo.page.getByRole('textbox', { name: 'Invite link' }).fill(link);
  await bo.page.getByRole('button', { name: 'Join', exact: true }).click();
  await expect(channelLink(bo.page, 'Pasted', 'general')).toBeVisible();
  await expect(bo.page.getByRole('dialog')).toBeHidden();
});

test('an invite that was revoked says so and asks for nothing', async ({ ana, bo, faults }) => {
  faults.expect(/status of 404/);
  const guild = await createGuild(ana.request, 'Closed');
  await open(ana.page, `/servers/${guild.id}/settings/invites`);
  await ana.page.getByRole('button', { name: 'Create invite' }).click();
  const link = ana.page.getByRole('table').getByRole('rowheader').getByRole('link');
  await expect(link).toBeVisible();
  const path = (await link.getAttribute('href')) ?? '';
  await ana.page.getByRole('button', { name: /^Revoke/ }).click();
  await expect(ana.page.getByText('No invites')).toBeVisible();
  await open(bo.page, path);
  await expect(bo.page.getByText('This invite is not valid any more.')).toBeVisible();
  await expect(bo.page.getByRole('button', { name: /Join/ })).toHaveCount(0);
});

test('who is not signed in signs in and comes back to where they wanted to go', async ({ room, ana, somebody }) => {
  const device = await somebody('Visitor', false);
  await device.page.goto(room.path);
  await expect(device.page).toHaveURL(/\/login\?next=/);
  await hydrated(device.page);
  await signIn(device.page, ana.username);
  await expect(device.page).toHaveURL(new RegExp(`${room.path}$`));
  await expect(channelLink(device.page, 'Lighthouse', 'general')).toBeVisible();
});

test('a wrong password is refused in words and the form stays', async ({ ana, somebody, faults }) => {
  faults.expect(/status of 401/);
  const device = await somebody('Visitor', false);
  await open(device.page, '/login');
  await signIn(device.page, ana.username, 'not the password');
  await expect(device.page.getByRole('alert')).toHaveText('That username and password do not match.');
  await expect(device.page.getByRole('textbox', { name: 'Email or username' })).toHaveValue(ana.username);
  await signIn(device.page, ana.username);
  await expect(device.page).toHaveURL(/\/channels\/@me$/);
});

test('each field of the registration says what is wrong with it', async ({ ana, page, faults }) => {
  faults.expect(/status of 40[09]/);
  await open(page, '/register');
  const username = page.getByRole('textbox', { name: 'Username' });
  await register(page, 'Ana the second', 'Not Allowed!');
  await expect(username).toHaveAttribute('aria-invalid', 'true');
  await expect(username).toHaveAccessibleDescription(/small letters, digits, dots and underscores/);
  await page.getByLabel('Password', { exact: true }).fill('short');
  await username.fill(freshUsername('ana'));
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByLabel('Password', { exact: true })).toHaveAccessibleDescription(/at least 8/);
  await register(page, 'Ana the second', ana.username);
  await expect(username).toHaveAccessibleDescription('That username is taken.');
  await expect(page).toHaveURL(/\/register/);
});

test('signing out ends the session on this device and nowhere else', async ({ ana, somebody }) => {
  const other = await somebody('Other', false);
  await open(other.page, '/login');
  await signIn(other.page, ana.username, PASSWORD);
  await expect(other.page).toHaveURL(/\/channels\/@me$/);

  await open(ana.page, '/settings');
  await ana.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(ana.page).toHaveURL(/\/login$/);
  await ana.page.goto('/channels/@me');
  await expect(ana.page).toHaveURL(/\/login/);

  await other.page.reload();
  await hydrated(other.page);
  await expect(servers(other.page)).toBeVisible();
});
