/** Without script a refused form comes back: at its address, with what was typed, and with the reason at its field. */
import { call } from './calls';
import { expect, PASSWORD, test } from './fixture';
import { composer, message, register, signIn } from './gestures';

test.beforeEach(({ faults }) => faults.expect(/status of 4\d\d/));

test('registering with a name that is taken', async ({ page, ana }) => {
  await page.goto('/register');
  await page.getByRole('textbox', { name: 'Email' }).fill('somebody@example.org');
  await register(page, 'Some “body” & <co>', ana.username);
  const username = page.getByRole('textbox', { name: 'Username' });
  await expect(username).toHaveAccessibleDescription('That username is taken.');
  await expect(page).toHaveURL(/\/register$/);
  await expect(username).toHaveValue(ana.username);
  await expect(username).toBeFocused();
  await expect(page.getByRole('textbox', { name: 'Display name' })).toHaveValue('Some “body” & <co>');
  await expect(page.getByRole('textbox', { name: 'Email' })).toHaveValue('somebody@example.org');
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
  expect(await page.content()).not.toContain(PASSWORD);
  await username.fill(`${ana.username}2`);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page).toHaveURL(/\/channels\/@me$/);
});

test('signing in with the wrong password, on the way to somewhere', async ({ page, ana }) => {
  await page.goto('/login?next=%2Fsettings');
  await page.getByRole('checkbox').uncheck();
  await signIn(page, ana.username, 'certainly not it');
  await expect(page.getByRole('alert')).toHaveText('That username and password do not match.');
  await expect(page).toHaveURL(/\/login\?next=%2Fsettings$/);
  await expect(page.getByRole('textbox', { name: 'Email or username' })).toHaveValue(ana.username);
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
  await expect(page.getByRole('checkbox')).not.toBeChecked();
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/settings$/);
});

test('a message that is too long', async ({ ana, room }) => {
  const long = `\nfirst line\n</textarea><script>\n${'x'.repeat(4_001)}`;
  await ana.page.goto(room.path);
  await composer(ana.page).fill(long);
  await ana.page.getByRole('button', { name: 'Send message' }).click();
  await expect(ana.page.getByRole('alert')).toHaveText('Message can have at most 4000 characters.');
  await expect(composer(ana.page)).toHaveValue(long);
  await expect(ana.page).toHaveURL(new RegExp(`${room.path}$`));
  await composer(ana.page).fill('shorter');
  await ana.page.getByRole('button', { name: 'Send message' }).click();
  await expect(message(ana.page, 'shorter')).toBeVisible();
  await expect(composer(ana.page)).toHaveValue('');
});

test('a reply and a change that are too long, each in its own form', async ({ ana, room }) => {
  const said = await call<{ id: string }>(ana.request, 'messages/send', {
    channel_id: room.guild.system_channel_id,
    content: 'as it was',
  });
  await ana.page.goto(`${room.path}/${said.id}`);
  const reply = ana.page.getByRole('textbox', { name: 'Your reply' });
  const editor = ana.page.getByRole('textbox', { name: 'New text' });
  await reply.fill('y'.repeat(4_001));
  await ana.page.getByRole('button', { name: 'Reply', exact: true }).click();
  await expect(reply).toHaveAccessibleDescription('Message can have at most 4000 characters.');
  await expect(reply).toHaveValue('y'.repeat(4_001));
  await expect(editor).toHaveValue('as it was');
  await expect(composer(ana.page)).toHaveValue('');
  await editor.fill('z'.repeat(4_001));
  await ana.page.getByRole('button', { name: 'Edit message' }).click();
  await expect(editor).toHaveAccessibleDescription('Message can have at most 4000 characters.');
  await expect(editor).toHaveValue('z'.repeat(4_001));
  await expect(reply).toHaveValue('');
  await ana.page.goto(room.path);
  await expect(message(ana.page, 'as it was')).toBeVisible();
});

test('a new category with a name it cannot have', async ({ ana, room }) => {
  await ana.page.goto(`/servers/${room.guild.id}/channels/new`);
  await ana.page.getByRole('radio', { name: 'Category' }).check();
  await ana.page.getByRole('textbox', { name: 'Channel name' }).fill('left\u202eright');
  await ana.page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(ana.page.getByRole('alert')).toBeVisible();
  await expect(ana.page.getByRole('radio', { name: 'Category' })).toBeChecked();
  await expect(ana.page.getByRole('textbox', { name: 'Channel name' })).toHaveValue('left\u202eright');
});

test('of the forms of many channels, the one that was sent', async ({ ana, room }) => {
  await call(ana.request, 'channels/create', { guild_id: room.guild.id, name: 'second' });
  await ana.page.goto(`/servers/${room.guild.id}/settings/channels`);
  const entry = (name: string) => ana.page.getByRole('listitem').filter({ hasText: name });
  await entry('second').getByText('Edit', { exact: true }).click();
  await entry('second').getByRole('textbox', { name: 'Topic' }).fill('up\u202edown');
  await entry('second').getByRole('button', { name: 'Save changes' }).click();
  const topic = entry('second').getByRole('textbox', { name: 'Topic' });
  await expect(topic).toHaveAccessibleDescription(/cannot be used/);
  await expect(topic).toHaveValue('up\u202edown');
  await expect(entry('general').getByRole('textbox', { name: 'Topic' })).toBeHidden();
});

test('somebody nobody has heard of', async ({ ana }) => {
  await ana.page.goto('/channels/@me/new');
  await ana.page.getByRole('combobox').fill('nobody_at_all_has_this');
  await ana.page.getByRole('button', { name: 'Open conversation' }).click();
  await expect(ana.page.getByRole('alert')).toContainText('Nobody by that name.');
  await expect(ana.page.getByRole('combobox')).toHaveValue('nobody_at_all_has_this');
  await expect(ana.page).toHaveURL(/\/channels\/@me\/new$/);
});
