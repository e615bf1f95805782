/** Pinned messages: in the panel beside the conversation, live, by keyboard, and in the address. */
import { expectAccessible } from './axe';
import { say } from './calls';
import { expect, gather, hydrated, open, reload, test } from './fixture';
import { act, message, send } from './gestures';

test('what one pins the other sees in the list, and both lose it when it is taken down', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await send(ana.page, 'the date is the ninth');
  await send(ana.page, 'bring shoes');
  await bo.page.getByRole('button', { name: 'Pinned messages' }).click();
  const list = bo.page.getByRole('list', { name: 'Pinned messages' });
  await expect(bo.page.getByText('Nothing is pinned')).toBeVisible();
  await act(ana.page, 'the date is the ninth', 'Pin message');
  await expect(list.getByRole('article')).toHaveText([/the date is the ninth/]);
  await act(ana.page, 'bring shoes', 'Pin message');
  await expect(list.getByRole('article')).toHaveText([/bring shoes/, /the date is the ninth/]);
  // A member may not pin; nothing offers it.
  await message(bo.page, 'bring shoes').first().hover();
  await expect(bo.page.getByRole('toolbar').getByRole('button', { name: 'Mark unread' })).toBeVisible();
  await expect(bo.page.getByRole('button', { name: /pin message/i })).toHaveCount(0);

  await act(ana.page, 'the date is the ninth', 'Unpin message');
  await expect(list.getByRole('article')).toHaveText([/bring shoes/]);
  await ana.page.getByRole('button', { name: 'Pinned messages' }).click();
  await ana.page.getByRole('complementary').getByRole('button', { name: 'Unpin message' }).click();
  await expect(ana.page.getByText('Nothing is pinned')).toBeVisible();
  await expect(bo.page.getByText('Nothing is pinned')).toBeVisible();
});

test('a pinned message leads to where it was said, and the list stays', async ({ room, ana, bo }) => {
  const first = await say(bo.request, room.guild.system_channel_id, 'far up');
  for (let at = 0; at < 60; at += 1) await say(bo.request, room.guild.system_channel_id, `line ${at}`);
  await ana.request.post('/api/pins/add', { form: { channel_id: room.guild.system_channel_id, message_id: first.id } });
  await gather(room.path, ana);
  await expect(message(ana.page, 'line 59')).toBeVisible();
  await ana.page.getByRole('button', { name: 'Pinned messages' }).click();
  const panel = ana.page.getByRole('complementary', { name: 'Pinned messages' });
  await panel.getByRole('link').filter({ hasText: /\d\d:\d\d/ }).click();
  await expect(ana.page.getByRole('group', { name: 'Messages in general' }).getByText('far up')).toBeInViewport();
  await expect(panel).toBeVisible();
  await expect(ana.page).toHaveURL(/panel=pins/);
});

test('the list is in the address: a reload keeps it, Escape and Back close it', async ({ room, ana }) => {
  await gather(room.path, ana);
  await send(ana.page, 'kept');
  await message(ana.page, 'kept').focus();
  await ana.page.keyboard.press('p');
  const opener = ana.page.getByRole('button', { name: 'Pinned messages' });
  await opener.click();
  const panel = ana.page.getByRole('complementary', { name: 'Pinned messages' });
  await expect(panel).toBeFocused();
  await expect(panel.getByRole('article')).toHaveText([/kept/]);
  await expectAccessible(ana.page, 'pinned messages');
  const asked: string[] = [];
  ana.page.on('request', (request) => asked.push(request.url()));
  await reload(ana.page);
  await expect(panel.getByRole('article')).toHaveText([/kept/]);
  expect(asked.filter((url) => url.includes('/api/pins'))).toEqual([]);
  await panel.press('Escape');
  await expect(panel).toHaveCount(0);
  await expect(opener).toBeFocused();
  await expect(ana.page.getByRole('complementary', { name: 'Members' })).toBeVisible();
  await opener.click();
  await expect(panel).toBeVisible();
  await ana.page.goBack();
  await expect(panel).toHaveCount(0);
});

test('a message that is pinned and then deleted leaves the list', async ({ room, ana }) => {
  await gather(room.path, ana);
  await send(ana.page, 'soon gone');
  await act(ana.page, 'soon gone', 'Pin message');
  await open(ana.page, `${room.path}?panel=pins`);
  await hydrated(ana.page);
  const panel = ana.page.getByRole('complementary', { name: 'Pinned messages' });
  await expect(panel.getByRole('article')).toHaveText([/soon gone/]);
  await ana.page.getByRole('article').filter({ hasText: 'soon gone' }).first().hover();
  await ana.page.getByRole('toolbar').getByRole('button', { name: 'Delete message' }).click({ modifiers: ['Shift'] });
  await expect(panel.getByText('Nothing is pinned')).toBeVisible();
});
