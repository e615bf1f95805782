/** A person's own settings, on one device and on all, and leaving them. */
import type { Page } from '@playwright/test';
import { expect, gather, hydrated, live, open, PASSWORD, reload, test, type Person } from './fixture';
import { channels, composer, members, message, send, servers, signIn } from './gestures';

/** Signs an account in on one more device and opens an address there. */
async function secondDevice(somebody: (name: string, registered: boolean) => Promise<Person>, username: string): Promise<Person> {
  const device = await somebody('Device', false);
  await open(device.page, '/login');
  await signIn(device.page, username);
  await expect(device.page).toHaveURL(/@me/);
  await live(device.page);
  return device;
}

for (const [choice, theme] of [['Dark', 'dark'], ['Light', 'light']] as const) {
  test(`a ${theme} theme shows at once, on all devices, and in the first byte after a reload`, async ({ ana, somebody }) => {
    const device = await secondDevice(somebody, ana.username);
    await open(ana.page, '/settings/appearance');
    const root = ana.page.locator('html');
    await expect(root).not.toHaveAttribute('data-theme', theme);
    await ana.page.getByRole('radio', { name: choice }).check();
    await expect(root).toHaveAttribute('data-theme', theme);
    await ana.page.getByRole('button', { name: 'Save changes' }).click();
    await expect(ana.page.getByText('Shown, not saved yet.')).toHaveCount(0);
    await expect(device.page.locator('html')).toHaveAttribute('data-theme', theme);

    for (const request of [ana.request, device.request]) {
      // The first page after the change may be what tells a device; from the second on it knows.
      await request.get('/channels/@me');
      expect(await (await request.get('/channels/@me')).text()).toMatch(new RegExp(`<html[^>]* data-theme="${theme}"`));
    }
    const flashes: string[] = [];
    await ana.page.exposeFunction('noteTheme', (seen: string) => flashes.push(seen));
    await ana.page.addInitScript(() => {
      new MutationObserver(() => {
        (window as unknown as { noteTheme: (seen: string) => void }).noteTheme(
          document.documentElement.dataset['theme'] ?? 'none',
        );
      }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-theme'] });
    });
    await reload(ana.page);
    await expect(root).toHaveAttribute('data-theme', theme);
    expect(flashes.filter((seen) => seen !== theme), 'no other theme was ever set').toEqual([]);
  });
}

test('a look that is not saved goes when the page is left', async ({ ana }) => {
  await open(ana.page, '/settings/appearance');
  await ana.page.getByRole('radio', { name: 'Dark' }).check();
  await expect(ana.page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await ana.page.getByRole('link', { name: 'Devices' }).click();
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Discard changes' }).click();
  await expect(ana.page.getByText('Where you are signed in')).toBeVisible();
  await expect(ana.page.locator('html')).not.toHaveAttribute('data-theme', 'dark');
});

test('density and text size are kept', async ({ room, ana }) => {
  await open(ana.page, '/settings/appearance');
  await ana.page.getByRole('radio', { name: 'Compact' }).check();
  await ana.page.getByRole('radio', { name: 'Larger' }).check();
  await ana.page.getByRole('button', { name: 'Save changes' }).click();
  await expect(ana.page.getByText('Shown, not saved yet.')).toHaveCount(0);
  await open(ana.page, room.path);
  const root = ana.page.locator('html');
  await expect(root).toHaveAttribute('data-density', 'compact');
  await expect(root).toHaveAttribute('data-text-size', 'larger');
  await reload(ana.page);
  await expect(root).toHaveAttribute('data-density', 'compact');
  // Name and text on one line, the time before them, no pictures.
  await send(ana.page, 'close together');
  const row = message(ana.page, 'close together');
  await expect(row.locator('.avatar')).toBeHidden();
  const lefts = await Promise.all(
    ['.message__time', '.message__author', '.message__body p'].map(async (part) => (await row.locator(part).boundingBox())?.x ?? 0),
  );
  expect(lefts).toEqual([...lefts].sort((one, other) => one - other));
});

test('another display name is seen by others, and by oneself on the next page', async ({ room, ana, bo }) => {
  await gather(room.path, bo);
  await open(ana.page, '/settings');
  await ana.page.getByRole('textbox', { name: 'Display name' }).fill('Ana Maria');
  await ana.page.getByRole('button', { name: 'Save changes' }).click();
  await expect(ana.page.getByRole('status').filter({ hasText: 'Saved.' })).toBeVisible();
  await expect(members(bo.page)).toContainText('Ana Maria');
  await open(ana.page, '/settings');
  await expect(ana.page.getByRole('textbox', { name: 'Display name' })).toHaveValue('Ana Maria');
});

test('a device that is signed out from another goes to the sign-in page', async ({ room, ana, somebody, faults }) => {
  faults.expect(/status of 401/);
  const device = await secondDevice(somebody, ana.username);
  await gather(room.path, device);
  await open(ana.page, '/settings/devices');
  const rows = ana.page.getByRole('main').getByRole('listitem');
  await expect(rows).toHaveCount(2);
  await expect(rows.filter({ hasText: 'This device' })).toHaveCount(1);
  await rows.getByRole('button', { name: /^Sign out/ }).click();
  await expect(rows).toHaveCount(1);
  await expect(device.page).toHaveURL(/\/login/);
  await expect(device.page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await device.page.goto(room.path);
  await expect(device.page).toHaveURL(/\/login/);
  await reload(ana.page);
  await expect(servers(ana.page).or(ana.page.getByText('Where you are signed in')).first()).toBeVisible();
});

test('a new device shows up in the list of devices', async ({ ana, somebody }) => {
  await open(ana.page, '/settings/devices');
  await live(ana.page);
  const rows = ana.page.getByRole('main').getByRole('listitem');
  await expect(rows).toHaveCount(1);
  await secondDevice(somebody, ana.username);
  await expect(rows).toHaveCount(2);
});

test('a new password ends every other device, and is the one that counts', async ({ ana, somebody, faults }) => {
  faults.expect(/status of 40[01]/);
  const device = await secondDevice(somebody, ana.username);
  await open(ana.page, '/settings');
  const change = async (current: string): Promise<void> => {
    await ana.page.getByLabel('Current password').fill(current);
    await ana.page.getByLabel('New password').fill('five louder lanterns');
    await ana.page.getByRole('button', { name: 'Change password' }).click();
  };
  await change('something else');
  await expect(ana.page.getByLabel('Current password')).toHaveAccessibleDescription('That is not your current password.');
  await change(PASSWORD);
  await expect(ana.page.getByText('Changed. Every other device is signed out.')).toBeVisible();
  await expect(device.page).toHaveURL(/\/login/);
  await reload(ana.page);
  await expect(ana.page.getByRole('textbox', { name: 'Display name' })).toBeVisible();

  await open(device.page, '/login');
  await signIn(device.page, ana.username, PASSWORD);
  await expect(device.page.getByRole('alert')).toBeVisible();
  await signIn(device.page, ana.username, 'five louder lanterns');
  await expect(device.page).toHaveURL(/@me/);
  await hydrated(device.page);
});

/** Opens the settings from a channel, as people do. */
async function settingsFrom(page: Page, path: string): Promise<void> {
  await open(page, path);
  await page.getByRole('link', { name: 'User settings' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Account' })).toBeVisible();
}

test('Escape closes the settings and goes back to where one was', async ({ room, ana }) => {
  await settingsFrom(ana.page, room.path);
  await ana.page.getByRole('link', { name: 'Appearance' }).click();
  await expect(ana.page.getByRole('heading', { level: 1, name: 'Appearance' })).toBeVisible();
  await ana.page.keyboard.press('Escape');
  await expect(ana.page).toHaveURL(new RegExp(`${room.path}$`));
  await expect(composer(ana.page)).toBeVisible();
  // Also from a field, and from the settings of a server.
  await channels(ana.page, 'Lighthouse').getByRole('button', { name: 'Lighthouse' }).click();
  await ana.page.getByRole('link', { name: 'Server settings' }).click();
  await ana.page.getByRole('textbox', { name: 'Server name' }).focus();
  await ana.page.keyboard.press('Escape');
  await expect(ana.page).toHaveURL(new RegExp(`${room.path}$`));
  await open(ana.page, '/settings');
  await ana.page.keyboard.press('Escape');
  await expect(ana.page).toHaveURL(/\/channels\/@me$/);
});

test('what was changed and not saved is asked about, whichever way one leaves', async ({ room, ana }) => {
  await settingsFrom(ana.page, room.path);
  const name = ana.page.getByRole('textbox', { name: 'Display name' });
  const save = ana.page.getByRole('button', { name: 'Save changes' });
  await expect(save).toBeHidden();
  await name.fill('Ana Maria');
  await expect(save).toBeVisible();
  await expect(ana.page.getByRole('status').filter({ hasText: 'Not saved yet.' })).toBeVisible();

  const question = ana.page.getByRole('dialog', { name: 'Discard changes?' });
  const ways = [
    () => ana.page.keyboard.press('Escape'),
    () => ana.page.getByRole('link', { name: 'Close settings' }).click(),
    () => ana.page.getByRole('link', { name: 'Devices' }).click(),
    () => ana.page.goBack(),
  ];
  for (const leave of ways) {
    await leave();
    await expect(question).toBeVisible();
    await expect(question.getByRole('button', { name: 'Keep editing' })).toBeFocused();
    await question.getByRole('button', { name: 'Keep editing' }).click();
    await expect(question).toBeHidden();
    await expect(name).toHaveValue('Ana Maria');
    await expect(ana.page).toHaveURL(/\/settings$/);
  }
  // Escape in the question keeps what is there as well.
  await ana.page.keyboard.press('Escape');
  await expect(question).toBeVisible();
  await ana.page.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await expect(ana.page).toHaveURL(/\/settings$/);

  await ana.page.getByRole('link', { name: 'Appearance' }).click();
  await question.getByRole('button', { name: 'Discard changes' }).click();
  await expect(ana.page.getByRole('heading', { level: 1, name: 'Appearance' })).toBeVisible();
  await ana.page.getByRole('link', { name: 'Account' }).click();
  await expect(name).toHaveValue('Ana');
});

test('going back with the browser’s button leaves when that is what one wants', async ({ room, ana }) => {
  await settingsFrom(ana.page, room.path);
  await ana.page.getByRole('textbox', { name: 'Display name' }).fill('Ana Maria');
  await ana.page.goBack();
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Discard changes' }).click();
  await expect(ana.page).toHaveURL(new RegExp(`${room.path}$`));
  await expect(composer(ana.page)).toBeVisible();
});

test('closing the tab asks only while something is not saved', async ({ ana }) => {
  await open(ana.page, '/settings');
  const asked: string[] = [];
  ana.page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  const name = ana.page.getByRole('textbox', { name: 'Display name' });
  await name.fill('Ana M');
  await ana.page.reload();
  await hydrated(ana.page);
  expect(asked).toEqual(['beforeunload']);
  await name.fill('Ana M');
  await ana.page.getByRole('button', { name: 'Save changes' }).click();
  await expect(ana.page.getByRole('status').filter({ hasText: 'Saved.' })).toBeVisible();
  await expect(ana.page.getByRole('button', { name: 'Save changes' })).toBeHidden();
  await ana.page.reload();
  await hydrated(ana.page);
  expect(asked).toEqual(['beforeunload']);
  await expect(name).toHaveValue('Ana M');
});

test('what is typed while a change is being saved is not saved with it, and is asked about', async ({ ana }) => {
  await open(ana.page, '/settings');
  const name = ana.page.getByRole('textbox', { name: 'Display name' });
  await name.fill('Ana M');
  await ana.page.route('**/api/accounts/profile', async (route) => {
    await name.fill('Ana Maria');
    await route.continue();
  });
  await ana.page.getByRole('button', { name: 'Save changes' }).click();
  await expect(ana.page.getByRole('paragraph').filter({ hasText: 'Ana M' }).first()).toBeVisible();
  await expect(ana.page.getByRole('status').filter({ hasText: 'Not saved yet.' })).toBeVisible();
  await ana.page.keyboard.press('Escape');
  await expect(ana.page.getByRole('dialog', { name: 'Discard changes?' })).toBeVisible();
});

test('“Discard” puts back what was there', async ({ room, ana }) => {
  await open(ana.page, `/servers/${room.guild.id}/settings`);
  const name = ana.page.getByRole('textbox', { name: 'Server name' });
  await name.fill('Pier Nine');
  await ana.page.getByRole('button', { name: 'Discard' }).click();
  await expect(name).toHaveValue('Lighthouse');
  await expect(ana.page.getByRole('button', { name: 'Save changes' })).toBeHidden();
  await open(ana.page, '/settings/appearance');
  await ana.page.getByRole('radio', { name: 'Dark' }).check();
  await ana.page.getByRole('button', { name: 'Discard' }).click();
  await expect(ana.page.locator('html')).not.toHaveAttribute('data-theme', 'dark');
  await expect(ana.page.getByRole('radio', { name: 'System' })).toBeChecked();
  await ana.page.keyboard.press('Escape');
  await expect(ana.page).toHaveURL(/\/channels\/@me$/);
});
