/** What people do with a page, by the names they see. Works with and without script unless it says otherwise. */
import { expect, type Locator, type Page } from '@playwright/test';
import { PASSWORD } from './fixture';

/** Fills the form of `/register` and sends it. */
export async function register(page: Page, name: string, username: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Display name' }).fill(name);
  await page.getByRole('textbox', { name: 'Username' }).fill(username);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
}

/** Fills the form of `/login` and sends it. */
export async function signIn(page: Page, username: string, password = PASSWORD): Promise<void> {
  await page.getByRole('textbox', { name: 'Email or username' }).fill(username);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** The rail. */
export function servers(page: Page): Locator {
  return page.getByRole('navigation', { name: 'Servers' });
}

/** The sidebar of a server. */
export function channels(page: Page, server: string): Locator {
  return page.getByRole('navigation', { name: server, exact: true });
}

/** A channel's link in the sidebar, whether or not something is unread in it. */
export function channelLink(page: Page, server: string, channel: string): Locator {
  return channels(page, server)
    .getByRole('link')
    .filter({ has: page.getByText(channel, { exact: true }) });
}

/** Makes a server from anywhere and waits until its first channel is on screen. */
export async function createServer(page: Page, name: string): Promise<void> {
  await servers(page).getByRole('link', { name: 'Create or join a server' }).click();
  await page.getByRole('textbox', { name: 'Server name' }).fill(name);
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'general' })).toBeVisible();
}

/** The link that lets others into the server on screen. */
export async function invite(page: Page, server: string): Promise<string> {
  await channels(page, server).getByRole('link', { name: 'Invite people' }).first().click();
  const field = page.getByRole('textbox', { name: 'Invite link' });
  // Without script this is a page, which makes nothing unasked.
  const make = page.getByRole('button', { name: 'Create invite link' });
  await expect(field.or(make)).toBeVisible();
  if (await make.isVisible()) await make.click();
  await expect(field).toHaveValue(/\/invite\//);
  return field.inputValue();
}

/** On an invite's page. */
export async function join(page: Page, server: string): Promise<void> {
  await page.getByRole('button', { name: `Join ${server}` }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'general' })).toBeVisible();
}

/** The messages of a channel, or of the conversation with somebody. */
export function messages(page: Page, place = 'general'): Locator {
  return page.getByRole('group', { name: place.startsWith('@') ? `Messages with ${place.slice(1)}` : `Messages in ${place}` });
}

/** The message with this text, not those that only quote it. */
export function message(page: Page, text: string | RegExp): Locator {
  return page.getByRole('article').filter({ has: page.locator('.message__body', { hasText: text }) });
}

/** The message box of a channel, or of the conversation with somebody (`@Bo`). */
export function composer(page: Page, place = 'general'): Locator {
  const name = place.startsWith('@') ? `Message ${place}` : `Message #${place}`;
  return page.getByRole('textbox', { name, exact: true });
}

/** Writes and presses Enter. Needs script. */
export async function send(page: Page, text: string, place = 'general'): Promise<void> {
  await composer(page, place).fill(text);
  await composer(page, place).press('Enter');
  await expect(composer(page, place)).toHaveValue('');
}

/** Points at a message and chooses from its toolbar. Needs script. */
export async function act(page: Page, text: string, action: string): Promise<void> {
  await message(page, text).hover();
  // Exactly: the bar may still stand at another row, where it says "Unpin message".
  await page.getByRole('toolbar').getByRole('button', { name: action, exact: true }).click();
}

/** The side panel. */
export function members(page: Page): Locator {
  return page.getByRole('complementary', { name: 'Members' });
}

/** What is said about the connection. */
export function connectionBanner(page: Page): Locator {
  return page.getByText('Reconnecting. What you write is kept.');
}
