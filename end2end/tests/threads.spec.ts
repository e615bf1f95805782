/** Threads: started from a message, lived in by two, found again under the message and in the sidebar. */
import { expectAccessible } from './axe';
import { expect, gather, reload, test } from './fixture';
import { act, channelLink, composer, message, send } from './gestures';

test('a thread is started from a message, both talk in it, and the message counts along', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await send(ana.page, 'the harbour scene');
  await expect(ana.page.locator('.message--pending')).toHaveCount(0);
  await act(ana.page, 'the harbour scene', 'Start thread');
  const dialog = ana.page.getByRole('dialog', { name: 'Start thread' });
  await dialog.getByRole('textbox').fill('Harbour light');
  await dialog.getByRole('button', { name: 'Start thread' }).click();
  await expect(ana.page.getByRole('heading', { level: 1, name: 'Harbour light' })).toBeVisible();
  await expect(ana.page.getByText('Thread in #general')).toBeVisible();

  const line = message(bo.page, 'the harbour scene').getByRole('link', { name: /Harbour light/ });
  await expect(line).toBeVisible();
  await send(ana.page, 'warmer, please', 'Harbour light');
  await expect(line).toContainText('1 message');
  await line.click();
  await expect(message(bo.page, 'warmer, please')).toBeVisible();
  await send(bo.page, 'agreed', 'Harbour light');
  await expect(message(ana.page, 'agreed')).toBeVisible();
  await expectAccessible(ana.page, 'a thread');

  // Who wrote in it follows it: it stands under its channel, and says when something is new.
  await channelLink(bo.page, 'Lighthouse', 'general').click();
  await expect(composer(bo.page)).toBeVisible();
  await send(ana.page, 'one more thing', 'Harbour light');
  await expect(channelLink(bo.page, 'Lighthouse', 'Harbour light')).toContainText('unread');
  await reload(bo.page);
  await expect(channelLink(bo.page, 'Lighthouse', 'Harbour light')).toContainText('unread');
  await channelLink(bo.page, 'Lighthouse', 'Harbour light').click();
  await expect(message(bo.page, 'one more thing')).toBeVisible();
  await expect(channelLink(bo.page, 'Lighthouse', 'Harbour light')).not.toContainText('unread');
});

test('a thread is started by a key, and a message has one at most', async ({ room, ana }) => {
  await gather(room.path, ana);
  await send(ana.page, 'keys only');
  await expect(ana.page.locator('.message--pending')).toHaveCount(0);
  await message(ana.page, 'keys only').focus();
  await ana.page.keyboard.press('t');
  await ana.page.getByRole('dialog', { name: 'Start thread' }).getByRole('textbox').fill('By hand');
  await ana.page.keyboard.press('Enter');
  await expect(ana.page.getByRole('heading', { level: 1, name: 'By hand' })).toBeVisible();
  await ana.page.goBack();
  await message(ana.page, 'keys only').hover();
  await expect(ana.page.getByRole('toolbar').getByRole('button', { name: 'Reply' })).toBeVisible();
  await expect(ana.page.getByRole('toolbar').getByRole('button', { name: 'Start thread' })).toHaveCount(0);
});
