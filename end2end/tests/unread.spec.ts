/** "Mark unread": on every tab and device, and it stays so while one looks. */
import { createChannel, say } from './calls';
import { expect, gather, live, open, reload, test } from './fixture';
import { act, channelLink, composer, message, messages, send } from './gestures';

test('a message marked unread is unread on every tab, until the channel is entered again', async ({ room, ana, bo }) => {
  const quiet = await createChannel(ana.request, room.guild.id, 'quiet');
  await say(bo.request, room.guild.system_channel_id, 'one');
  await say(bo.request, room.guild.system_channel_id, `two, @${ana.username}`);
  await say(bo.request, room.guild.system_channel_id, 'three');
  const read = ana.page.waitForResponse(/\/api\/messages\/read$/);
  await gather(room.path, ana);
  await read;
  const tab = await ana.context.newPage();
  await open(tab, `/channels/${room.guild.id}/${quiet.id}`);
  await live(tab);
  await expect(message(ana.page, 'three')).toBeVisible();
  const general = channelLink(ana.page, 'Lighthouse', 'general');
  await expect(general).not.toHaveAccessibleName(/unread|mention/);

  await act(ana.page, 'two', 'Mark unread');
  await expect(general).toHaveAccessibleName(/1 mention/);
  const divider = messages(ana.page).getByRole('separator', { name: 'New messages' });
  await expect(divider).toBeVisible();
  // The divider stands before the message it was marked from.
  const order = await messages(ana.page).locator('.unread-divider, article').allTextContents();
  const at = order.findIndex((text) => text.startsWith('New since'));
  expect(order[at + 1]).toContain('two,');
  await expect(channelLink(tab, 'Lighthouse', 'general')).toHaveAccessibleName(/1 mention/);
  // What comes is read by nobody who has just said that they have not read.
  await say(bo.request, room.guild.system_channel_id, 'four');
  await expect(message(ana.page, 'four')).toBeVisible();
  await ana.page.bringToFront();
  await expect(general).toHaveAccessibleName(/1 mention/);

  await channelLink(ana.page, 'Lighthouse', 'quiet').click();
  await expect(composer(ana.page, 'quiet')).toBeVisible();
  await expect(general).toHaveAccessibleName(/1 mention/);
  await general.click();
  await expect(divider).toBeVisible();
  await expect(general).not.toHaveAccessibleName(/unread|mention/);
});

test('what is marked unread is unread after a reload, and Escape reads it', async ({ room, ana, bo }) => {
  await createChannel(ana.request, room.guild.id, 'quiet');
  await say(bo.request, room.guild.system_channel_id, 'one');
  await gather(room.path, ana);
  await message(ana.page, 'one').focus();
  await ana.page.keyboard.press('u');
  const general = channelLink(ana.page, 'Lighthouse', 'general');
  await expect(general).toHaveAccessibleName(/unread/);
  await composer(ana.page).press('Escape');
  await expect(general).not.toHaveAccessibleName(/unread/);

  await act(ana.page, 'one', 'Mark unread');
  await expect(general).toHaveAccessibleName(/unread/);
  await channelLink(ana.page, 'Lighthouse', 'quiet').click();
  await expect(composer(ana.page, 'quiet')).toBeVisible();
  await reload(ana.page);
  await expect(general).toHaveAccessibleName(/unread/);
});

test('writing reads what was marked unread', async ({ room, ana, bo }) => {
  await say(bo.request, room.guild.system_channel_id, 'one');
  await gather(room.path, ana);
  await act(ana.page, 'one', 'Mark unread');
  const general = channelLink(ana.page, 'Lighthouse', 'general');
  await expect(general).toHaveAccessibleName(/unread/);
  await send(ana.page, 'an answer');
  await expect(general).not.toHaveAccessibleName(/unread/);
  await say(bo.request, room.guild.system_channel_id, 'and on');
  await expect(message(ana.page, 'and on')).toBeVisible();
  await expect(general).not.toHaveAccessibleName(/unread/);
});
