/** People, channels and emoji that are suggested while somebody writes. */
import { expectAccessible } from './axe';
import { createChannel, say } from './calls';
import { expect, gather, test } from './fixture';
import { act, composer, message } from './gestures';

test('a person is suggested by name, chosen by keyboard, and mentioned', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  const box = composer(ana.page);
  const list = ana.page.getByRole('listbox');
  await box.click();
  await box.pressSequentially('ask @b');
  await expect(list).toHaveAccessibleName('People matching b');
  const option = list.getByRole('option', { name: `Bo @${bo.username}` });
  await expect(option).toHaveAttribute('aria-selected', 'true');
  await expect(box).toHaveAttribute('aria-activedescendant', (await option.getAttribute('id')) ?? '');
  await expectAccessible(ana.page, 'suggestions');
  await box.press('Enter');
  await expect(list).toHaveCount(0);
  await expect(box).toHaveValue(`ask @${bo.username} `);
  await box.pressSequentially('please');
  await box.press('Enter');
  await expect(message(bo.page, 'ask @Bo please')).toBeVisible();
});

test('arrows choose, Escape leaves the text alone, and a whole name is sent with Enter', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  const box = composer(ana.page);
  const options = ana.page.getByRole('option');
  await box.click();
  await box.pressSequentially('@');
  // Two people, and below them everyone and those who are here.
  await expect(options).toHaveCount(4);
  await box.press('ArrowDown');
  await expect(options.nth(1)).toHaveAttribute('aria-selected', 'true');
  await box.press('ArrowUp');
  await box.press('ArrowUp');
  await expect(options.nth(3)).toHaveAttribute('aria-selected', 'true');
  await box.press('ArrowDown');
  await expect(options.nth(0)).toHaveAttribute('aria-selected', 'true');
  await box.press('Escape');
  await expect(options).toHaveCount(0);
  await expect(box).toHaveValue('@');
  await box.pressSequentially(bo.username);
  await expect(options).toHaveCount(1);
  await box.press('Enter');
  await expect(message(bo.page, '@Bo')).toBeVisible();
  await expect(box).toHaveValue('');
});

test('channels and emoji are suggested as well, with the pointer too, and also in a change', async ({ room, ana }) => {
  await createChannel(ana.request, room.guild.id, 'tide-tables');
  await gather(room.path, ana);
  const box = composer(ana.page);
  await box.click();
  await box.pressSequentially('see #ti');
  await ana.page.getByRole('option', { name: 'tide-tables' }).click();
  await expect(box).toHaveValue('see #tide-tables ');
  await expect(box).toBeFocused();
  await box.pressSequentially(':shortc');
  await ana.page.getByRole('option', { name: 'shortcake' }).click();
  await expect(box).toHaveValue('see #tide-tables 🍰 ');
  await box.press('Enter');
  await expect(message(ana.page, 'see').getByRole('link', { name: 'tide-tables' })).toBeVisible();

  await say(ana.request, room.guild.system_channel_id, 'to be changed');
  await act(ana.page, 'to be changed', 'Edit message');
  const editor = ana.page.getByRole('textbox', { name: 'Edit message' });
  await editor.press('End');
  await editor.pressSequentially(' :tada');
  await expect(ana.page.getByRole('option').first()).toHaveAttribute('aria-selected', 'true');
  await editor.press('Tab');
  await editor.press('Enter');
  await expect(message(ana.page, 'to be changed 🎉')).toBeVisible();
});

test('a channel whose name is more than a word becomes a link too', async ({ room, ana }) => {
  await createChannel(ana.request, room.guild.id, 'tea talk');
  await gather(room.path, ana);
  await composer(ana.page).pressSequentially('see #tea');
  await composer(ana.page).press('Tab');
  await composer(ana.page).press('Enter');
  await expect(message(ana.page, 'see').getByRole('link', { name: 'tea talk' })).toBeVisible();
});

test('what stands in the middle of a word, a time or code is left alone', async ({ room, ana }) => {
  await gather(room.path, ana);
  const box = composer(ana.page);
  await box.click();
  for (const text of ['ana@b', 'at 10:30', '`@b', ':p']) {
    await box.fill('');
    await box.pressSequentially(text);
    await expect(ana.page.getByRole('listbox'), text).toHaveCount(0);
  }
});
