/** Conversations of two. */
import { call } from './calls';
import { expect, gather, open, reload, test } from './fixture';
import { composer, message, messages, send, servers } from './gestures';

test('a conversation begins with a name and Enter, and goes both ways', async ({ room, ana, bo }) => {
  expect(room.guild.name).toBe('Lighthouse');
  await gather('/channels/@me', ana, bo);
  await ana.page.getByRole('link', { name: 'New message' }).first().click();
  const field = ana.page.getByRole('combobox', { name: 'Find or start a conversation' });
  await expect(field).toBeFocused();
  await field.pressSequentially(bo.username.slice(0, -1));
  await expect(ana.page.getByRole('option', { name: 'Bo' })).toHaveAttribute('aria-selected', 'true');
  await field.press('Enter');
  await expect(ana.page).toHaveURL(/\/channels\/@me\/\d+$/);
  await expect(ana.page.getByRole('dialog')).toBeHidden();
  await expect(composer(ana.page, '@Bo')).toBeFocused();
  await ana.page.keyboard.type('just between us');
  await ana.page.keyboard.press('Enter');
  await expect(message(ana.page, 'just between us')).toBeVisible();

  const row = bo.page.getByRole('navigation', { name: 'Direct messages' }).getByRole('link', { name: /Ana/ });
  await expect(row).toHaveAccessibleName(/unread|1/);
  await row.click();
  await expect(message(bo.page, 'just between us')).toBeVisible();
  await expect(messages(bo.page, '@Ana')).toBeVisible();
  await send(bo.page, 'nobody else reads it', '@Ana');
  await expect(message(ana.page, 'nobody else reads it')).toBeVisible();
  await expect(row).not.toHaveAccessibleName(/unread/);
  await reload(bo.page);
  await expect(message(bo.page, 'nobody else reads it')).toBeVisible();
});

test('“New message” leads into the message box, also of the conversation on screen', async ({ room, ana, bo }) => {
  expect(room.guild.name).toBe('Lighthouse');
  await gather('/channels/@me', ana);
  for (const time of ['first', 'second']) {
    await ana.page.getByRole('link', { name: 'New message' }).first().click();
    await ana.page.getByRole('combobox').fill(bo.username);
    await ana.page.getByRole('option', { name: 'Bo' }).click();
    await expect(ana.page.getByRole('dialog')).toBeHidden();
    await expect(composer(ana.page, '@Bo'), `the ${time} time`).toBeFocused();
  }
});

test('a message to somebody who looks elsewhere is counted at “Direct messages”', async ({ room, ana, bo }) => {
  const { id } = await direct(ana.request, bo.username);
  await gather(room.path, bo);
  const home = servers(bo.page).getByRole('link', { name: 'Direct messages' });
  await expect(home).not.toHaveAccessibleName(/unread/);
  await call(ana.request, 'messages/send', { channel_id: id, content: 'psst' });
  await expect(home).toHaveAccessibleName(/unread/);
  await home.click();
  await bo.page.getByRole('navigation', { name: 'Direct messages' }).getByRole('link', { name: /Ana/ }).click();
  await expect(message(bo.page, 'psst')).toBeVisible();
  await expect(home).not.toHaveAccessibleName(/unread/);
});

test('a full username finds somebody one shares nothing with', async ({ ana, bo }) => {
  await open(ana.page, '/channels/@me');
  await ana.page.getByRole('link', { name: 'New message' }).first().click();
  await ana.page.getByRole('combobox').fill(bo.username);
  await expect(ana.page.getByRole('option', { name: 'Bo' })).toBeVisible();
  await ana.page.getByRole('option', { name: 'Bo' }).click();
  await expect(composer(ana.page, '@Bo')).toBeVisible();
});

test('nobody else can read or open a conversation of two', async ({ ana, bo, somebody, faults }) => {
  faults.expect(/status of 404/);
  const { id } = await direct(ana.request, bo.username);
  await call(ana.request, 'messages/send', { channel_id: id, content: 'a secret' });
  const eve = await somebody('Eve');
  expect((await eve.request.get(`/channels/@me/${id}`)).status()).toBe(404);
  const history = await eve.request.post('/api/messages/history', {
    data: { channel_id: id, anchor: { page: 'latest' } },
  });
  expect(history.status()).toBe(404);
  expect(await history.text()).not.toContain('secret');
  await open(eve.page, `/channels/@me/${id}`);
  await expect(eve.page.getByText('Nothing at this address')).toBeVisible();
});

test('a name that nobody has is refused in words', async ({ ana }) => {
  await open(ana.page, '/channels/@me');
  await ana.page.getByRole('link', { name: 'New message' }).first().click();
  await ana.page.getByRole('combobox').fill('nobody_at_all_has_this');
  await expect(ana.page.getByRole('status').filter({ hasText: 'Nobody by that name.' })).toBeVisible();
});

function direct(request: Parameters<typeof call>[0], username: string): Promise<{ id: string }> {
  return call(request, 'dms/open-by-name', { query: username });
}
