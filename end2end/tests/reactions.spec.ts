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
  await expect(reaction(ana.page, 'cake at four', '🍰')).toHaveAttribute('title', /Ana, Bo|Bo, Ana/);
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
  await ana.page.keyboard.press('+');
  await expect(ana.page.getByRole('heading', { name: 'Recent' })).toBeVisible();
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
