/** Emoji under messages: added, joined and taken back, seen by everybody at once. */
import type { Locator, Page } from '@playwright/test';
import { expectAccessible } from './axe';
import { call, say } from './calls';
import { expect, gather, reload, test } from './fixture';
import { act, message } from './gestures';

const reaction = (page: Page, text: string, emoji: string): Locator =>
  message(page, text).getByRole('button', { name: new RegExp(`^${emoji} `) });

async function choose(page: Page, words: string, name: string): Promise<void> {
  await page.getByRole('searchbox', { name: 'Search emoji' }).fill(words);
  await page.getByRole('button', { name, exact: true }).click();
}

test('an emoji is chosen, shown to the others, joined and taken back', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await say(bo.request, room.guild.system_channel_id, 'cake at four');
  await act(ana.page, 'cake at four', 'Add reaction');
  await expectAccessible(ana.page, 'the emoji picker');
  await choose(ana.page, 'shortcake', 'shortcake');
  await expect(ana.page.getByRole('dialog', { name: 'Choose an emoji' })).toHaveCount(0);
  await expect(reaction(ana.page, 'cake at four', '🍰')).toHaveAttribute('aria-pressed', 'true');
  await expect(reaction(bo.page, 'cake at four', '🍰')).toHaveAccessibleName('🍰 1');
  await expect(reaction(bo.page, 'cake at four', '🍰')).toHaveAttribute('aria-pressed', 'false');

  await reaction(bo.page, 'cake at four', '🍰').click();
  for (const page of [ana.page, bo.page]) {
    await expect(reaction(page, 'cake at four', '🍰')).toHaveAccessibleName('🍰 2');
    await expect(reaction(page, 'cake at four', '🍰')).toHaveAttribute('aria-pressed', 'true');
  }
  await reaction(ana.page, 'cake at four', '🍰').hover();
  const who = message(ana.page, 'cake at four').getByRole('tooltip');
  await expect(who).toHaveText('Ana, Bo');
  await expect(who).toBeVisible();
  await expectAccessible(ana.page, 'who reacted');
  await reload(bo.page);
  await expect(reaction(bo.page, 'cake at four', '🍰')).toHaveAccessibleName('🍰 2');
  await expectAccessible(bo.page, 'a message with a reaction');

  await reaction(ana.page, 'cake at four', '🍰').click();
  await reaction(bo.page, 'cake at four', '🍰').click();
  for (const page of [ana.page, bo.page]) await expect(reaction(page, 'cake at four', '🍰')).toHaveCount(0);
});

test('the picker is worked by keyboard and remembers what was used', async ({ room, ana }) => {
  await gather(room.path, ana);
  await say(ana.request, room.guild.system_channel_id, 'by keyboard');
  await message(ana.page, 'by keyboard').focus();
  await ana.page.keyboard.press('+');
  const search = ana.page.getByRole('searchbox', { name: 'Search emoji' });
  await expect(search).toBeFocused();
  await expect(ana.page.getByRole('button', { name: 'grinning face', exact: true })).toBeVisible();
  await ana.page.keyboard.press('ArrowDown');
  await expect(ana.page.getByRole('button', { name: 'grinning face', exact: true })).toBeFocused();
  await ana.page.keyboard.press('ArrowRight');
  await ana.page.keyboard.press('Enter');
  await expect(reaction(ana.page, 'by keyboard', '😃')).toBeVisible();
  await expect(message(ana.page, 'by keyboard')).toBeFocused();
  // Who reacted is said to the keyboard too; the last one that is taken back leaves it at the message.
  await reaction(ana.page, 'by keyboard', '😃').focus();
  await expect(reaction(ana.page, 'by keyboard', '😃')).toHaveAccessibleDescription('Ana');
  await ana.page.keyboard.press('Space');
  await expect(reaction(ana.page, 'by keyboard', '😃')).toHaveCount(0);
  await expect(message(ana.page, 'by keyboard')).toBeFocused();
  await ana.page.keyboard.press('+');
  await expect(ana.page.getByRole('heading', { name: 'Recent' })).toBeVisible();
  await search.fill('cake');
  const first = ana.page.getByRole('grid').getByRole('button').first();
  await expect(ana.page.locator('.emoji-picker__foot'), 'what Enter takes').toContainText((await first.getAttribute('aria-label')) ?? '?');
  await ana.page.keyboard.press('Tab');
  await expect(ana.page.getByRole('button', { name: 'Recent' })).toBeFocused();
  await ana.page.keyboard.press('ArrowRight');
  await ana.page.keyboard.press('Enter');
  await expect(search, 'the box says what is shown').toHaveValue('');
  await expect(ana.page.getByRole('heading', { name: 'Smileys' })).toBeInViewport();
  await ana.page.keyboard.press('Escape');
  await expect(search).toHaveCount(0);
  await expect(message(ana.page, 'by keyboard')).toBeFocused();
});

test('reactions outlive edits and an interruption, and a refused one is taken back', async ({ room, ana, bo, faults }) => {
  faults.expect(/ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|status of 403/);
  await gather(room.path, ana, bo);
  const { id } = await say(ana.request, room.guild.system_channel_id, 'first words');
  const at = { channel_id: room.guild.system_channel_id, message_id: id };
  await call(bo.request, 'reactions/add', { ...at, emoji: '👍' });
  await expect(reaction(ana.page, 'first words', '👍')).toBeVisible();
  await call(ana.request, 'messages/edit', { ...at, content: 'other words' });
  await expect(reaction(bo.page, 'other words', '👍')).toHaveAccessibleName('👍 1');
  await ana.context.setOffline(true);
  await expect(ana.page.getByText('Reconnecting')).toBeVisible();
  await call(bo.request, 'reactions/add', { ...at, emoji: '🎉' });
  await call(bo.request, 'reactions/remove', { ...at, emoji: '👍' });
  await ana.context.setOffline(false);
  await expect(reaction(ana.page, 'other words', '🎉')).toHaveAccessibleName('🎉 1');
  await expect(reaction(ana.page, 'other words', '👍')).toHaveCount(0);
  await ana.page.route('**/api/reactions/add', (route) =>
    route.fulfill({ status: 403, contentType: 'application/json', body: '{"code":"forbidden"}' }),
  );
  await reaction(ana.page, 'other words', '🎉').click();
  await expect(ana.page.getByText('Not reacted')).toBeVisible();
  await expect(reaction(ana.page, 'other words', '🎉')).toHaveAccessibleName('🎉 1');
});

test('of quick presses the last one counts, and the figures of others are kept', async ({ room, ana, bo, faults }) => {
  faults.expect(/status of 403/);
  await gather(room.path, ana, bo);
  const { id } = await say(bo.request, room.guild.system_channel_id, 'make up your mind');
  const at = { channel_id: room.guild.system_channel_id, message_id: id };
  await call(bo.request, 'reactions/add', { ...at, emoji: '🎉' });
  const chip = reaction(ana.page, 'make up your mind', '🎉');
  await expect(chip).toHaveAccessibleName('🎉 1');
  const requests: string[] = [];
  let answer = (): void => undefined;
  const held = new Promise<void>((done) => (answer = done));
  const toggles = /\/api\/reactions\/(add|remove)$/;
  await ana.page.route(toggles, async (route) => {
    requests.push(new URL(route.request().url()).pathname);
    if (requests.length === 1) await held;
    await route.continue();
  });
  for (let count = 0; count < 4; count++) await chip.click();
  await expect(chip).toHaveAttribute('aria-pressed', 'false');
  expect(requests, 'one at a time').toEqual(['/api/reactions/add']);
  answer();
  await expect.poll(() => requests).toEqual(['/api/reactions/add', '/api/reactions/remove']);
  await expect(chip).toHaveAccessibleName('🎉 1');
  await expect(reaction(bo.page, 'make up your mind', '🎉')).toHaveAccessibleName('🎉 1');

  // Refused while somebody else reacts: their reaction still counts.
  await ana.page.unroute(toggles);
  await ana.page.route('**/api/reactions/add', async (route) => {
    await call(bo.request, 'reactions/remove', { ...at, emoji: '🎉' });
    await call(bo.request, 'reactions/add', { ...at, emoji: '👀' });
    await expect(reaction(ana.page, 'make up your mind', '👀')).toHaveAccessibleName('👀 1');
    await route.fulfill({ status: 403, contentType: 'application/json', body: '{"code":"forbidden"}' });
  });
  await chip.click();
  await expect(ana.page.getByText('Not reacted')).toBeVisible();
  await expect(chip).toHaveCount(0);
  await expect(reaction(ana.page, 'make up your mind', '👀')).toHaveAccessibleName('👀 1');
});

test('a list of emoji that cannot be had says so, and is asked for again', async ({ room, ana, faults }) => {
  faults.expect(/ERR_FAILED|Failed to fetch/);
  await gather(room.path, ana);
  await say(ana.request, room.guild.system_channel_id, 'no picture');
  await ana.page.route('**/emoji.txt', (route) => route.abort(), { times: 1 });
  await act(ana.page, 'no picture', 'Add reaction');
  await expect(ana.page.getByText('The emoji could not be loaded.')).toBeVisible();
  await ana.page.getByRole('button', { name: 'Try again' }).click();
  await expect(ana.page.getByRole('button', { name: 'grinning face', exact: true })).toBeVisible();
});
