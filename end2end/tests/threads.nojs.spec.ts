/** Threads without script: a link, a form, a page. */
import { say } from './calls';
import { expect, test } from './fixture';
import { composer, message } from './gestures';

test('a thread is started from the page of a message, and written in', async ({ room, ana, bo }) => {
  const { id } = await say(bo.request, room.guild.system_channel_id, 'worth a thread');
  await ana.page.goto(`${room.path}/${id}`);
  await message(ana.page, 'worth a thread').getByRole('link', { name: 'Start thread' }).click();
  await ana.page.getByRole('textbox', { name: 'Thread name' }).fill('On paper');
  await ana.page.getByRole('button', { name: 'Start thread' }).click();
  await expect(ana.page.getByRole('heading', { level: 1, name: 'On paper' })).toBeVisible();
  await composer(ana.page, 'On paper').fill('by post');
  await ana.page.getByRole('button', { name: 'Send message' }).click();
  await expect(message(ana.page, 'by post')).toBeVisible();
  await bo.page.goto(room.path);
  await message(bo.page, 'worth a thread').getByRole('link', { name: /On paper/ }).click();
  await expect(message(bo.page, 'by post')).toBeVisible();
});
