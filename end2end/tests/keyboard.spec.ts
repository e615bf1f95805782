/** Everything by keyboard. */
import { createChannel, fill, say } from './calls';
import { expect, gather, test } from './fixture';
import { composer, members, message, messages, send } from './gestures';

test('Enter sends, Shift+Enter breaks the line', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await composer(ana.page).pressSequentially('upper line');
  await composer(ana.page).press('Shift+Enter');
  await composer(ana.page).pressSequentially('lower line');
  await expect(composer(ana.page)).toHaveValue('upper line\nlower line');
  await composer(ana.page).press('Enter');
  await expect(composer(ana.page)).toHaveValue('');
  await expect(composer(ana.page)).toBeFocused();
  const body = message(bo.page, 'upper line').locator('.message__body');
  await expect(body.locator('br')).toHaveCount(1);
  await expect(body).toContainText('lower line');
});

test('an input method that confirms with Enter does not send', async ({ room, ana }) => {
  await gather(room.path, ana);
  await composer(ana.page).fill('に');
  await composer(ana.page).dispatchEvent('keydown', { key: 'Enter', isComposing: true });
  await expect(composer(ana.page)).toHaveValue('に');
  await expect(messages(ana.page).getByText('に')).toHaveCount(0);
});

test('ArrowUp in an empty box edits the last own message, Escape leaves it as it was', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await send(ana.page, 'mine, older');
  await send(ana.page, 'mine, newest');
  await send(bo.page, 'not mine');
  await expect(message(ana.page, 'not mine')).toBeVisible();
  await composer(ana.page).press('ArrowUp');
  const editor = messages(ana.page).getByRole('textbox');
  await expect(editor).toBeFocused();
  await expect(editor).toHaveValue('mine, newest');
  await editor.fill('thrown away');
  await editor.press('Escape');
  await expect(editor).toHaveCount(0);
  await expect(composer(ana.page)).toBeFocused();
  await expect(message(ana.page, 'mine, newest')).toBeVisible();
  await composer(ana.page).fill('something');
  await composer(ana.page).press('ArrowUp');
  await expect(editor).toHaveCount(0);
});

test('Escape leaves a reply, and what was written stays', async ({ room, ana, bo }) => {
  await say(bo.request, room.guild.system_channel_id, 'answer me');
  await gather(room.path, ana);
  await message(ana.page, 'answer me').hover();
  await ana.page.getByRole('toolbar').getByRole('button', { name: 'Reply' }).click();
  await expect(ana.page.getByText(/Replying to/)).toBeVisible();
  await composer(ana.page).fill('no reply after all');
  await composer(ana.page).press('Escape');
  await expect(ana.page.getByText(/Replying to/)).toHaveCount(0);
  await expect(composer(ana.page)).toHaveValue('no reply after all');
  await composer(ana.page).press('Enter');
  await expect(message(ana.page, 'no reply after all').locator('.message__reply')).toHaveCount(0);
});

test('Alt and the arrows go from channel to channel and around', async ({ room, ana }) => {
  // Without a category, so it stands above #general, which is in one.
  await createChannel(ana.request, room.guild.id, 'first');
  await gather(room.path, ana);
  for (const [keys, place] of [['Alt+ArrowUp', 'first'], ['Alt+ArrowUp', 'general'], ['Alt+ArrowDown', 'first']] as const) {
    await ana.page.keyboard.press(keys);
    await expect(composer(ana.page, place)).toBeVisible();
  }
});

test('F6 goes through the regions of the page and comes around', async ({ room, ana }) => {
  await gather(room.path, ana);
  await composer(ana.page).focus();
  const region = (): Promise<string> =>
    ana.page.evaluate(() => {
      const at = document.activeElement;
      if (at?.closest('textarea')) return 'composer';
      if (at?.closest('aside')) return 'members';
      return at?.closest('nav')?.getAttribute('aria-label') ?? (at?.closest('main') ? 'messages' : 'nowhere');
    });
  const seen = [await region()];
  for (let step = 0; step < 4; step++) {
    await ana.page.keyboard.press('F6');
    seen.push(await region());
  }
  expect(seen).toEqual(['composer', 'members', 'Servers', 'Lighthouse', 'messages']);
  await ana.page.keyboard.press('F6');
  expect(await region()).toBe('composer');
  await ana.page.keyboard.press('Shift+F6');
  expect(await region()).toBe('messages');
});

test('the arrows go through the messages, and letters act on the one in focus', async ({ room, ana }) => {
  await fill(ana.request, room.guild.system_channel_id, 5);
  await gather(room.path, ana);
  await composer(ana.page).focus();
  await ana.page.keyboard.press('Shift+F6');
  await expect(message(ana.page, 'line 5')).toBeFocused();
  await ana.page.keyboard.press('ArrowUp');
  await ana.page.keyboard.press('ArrowDown');
  await expect(message(ana.page, 'line 5')).toBeFocused();
  await ana.page.keyboard.press('e');
  const editor = messages(ana.page).getByRole('textbox');
  await expect(editor).toBeFocused();
  await editor.fill('line five');
  await editor.press('Enter');
  await expect(message(ana.page, 'line five')).toContainText('(edited)');
});

test('all messages together are one stop of the Tab key, then their toolbar, then the box', async ({ room, ana }) => {
  await fill(ana.request, room.guild.system_channel_id, 12);
  await gather(room.path, ana);
  await composer(ana.page).focus();
  await ana.page.keyboard.press('Shift+F6');
  await expect(message(ana.page, 'line 12')).toBeFocused();
  await ana.page.keyboard.press('Tab');
  await expect(ana.page.getByRole('toolbar').getByRole('button', { name: 'Add reaction' })).toBeFocused();
  await ana.page.keyboard.press('Tab');
  await expect(ana.page.getByLabel('Attach files')).toBeFocused();
  await ana.page.keyboard.press('Tab');
  await expect(composer(ana.page)).toBeFocused();
  await ana.page.keyboard.press('Shift+F6');
  await ana.page.keyboard.press('Shift+Tab');
  await expect(messages(ana.page).locator('article:focus, article :focus')).toHaveCount(0);
});

test('the first Tab offers to skip to the content, and it works', async ({ room, ana }) => {
  await gather(room.path, ana);
  await ana.page.keyboard.press('Tab');
  const skip = ana.page.getByRole('link', { name: 'Skip to content' });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await ana.page.keyboard.press('Enter');
  await expect(ana.page.locator('main')).toBeFocused();
});

test('the member list is one stop of the Tab key, where it was left', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  const rows = members(ana.page).getByRole('link');
  // Whoever comes is another row, among those who are here.
  await expect(members(ana.page).getByRole('heading', { name: 'Online · 2' })).toBeVisible();
  const isIn = (): Promise<boolean> => ana.page.evaluate(() => document.activeElement?.closest('aside') !== null);
  await rows.first().focus();
  await ana.page.keyboard.press('ArrowDown');
  await expect(rows.nth(1)).toBeFocused();
  await ana.page.keyboard.press('Shift+Tab');
  expect(await isIn(), 'the first row is no stop of its own').toBe(false);
  await ana.page.keyboard.press('Tab');
  await expect(rows.nth(1)).toBeFocused();
});
