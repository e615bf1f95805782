/** The card of a person, and taking somebody out of a server. */
import { call, createGuild, letIn, say } from './calls';
import { expectAccessible } from './axe';
import { expect, gather, open, test } from './fixture';
import { act, channels, composer, members, message, send, servers } from './gestures';

test('pressing a member shows who they are; “Message” opens the conversation', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await members(ana.page).getByRole('link', { name: /Bo/ }).click();
  const card = ana.page.getByRole('dialog', { name: 'Profile of Bo' });
  await expect(card).toContainText(`@${bo.username}`);
  await expect(card).toContainText(/In Lighthouse since \d+ \w+ \d{4}/);
  await expect(card).toContainText(/On Harmony since \d+ \w+ \d{4}/);
  await expect(card).toContainText('Online');
  await expectAccessible(ana.page, 'the card of a person');
  await card.getByRole('button', { name: 'Message' }).click();
  await expect(composer(ana.page, '@Bo')).toBeFocused();
  await expect(card).toHaveCount(0);
  await send(ana.page, 'found you in the list', '@Bo');
  await expect(servers(bo.page).getByRole('link', { name: 'Direct messages' })).toHaveAccessibleName(/unread/);
});

test('an author’s name and picture open the same card, and so does the menu', async ({ room, ana, bo }) => {
  await say(bo.request, room.guild.system_channel_id, 'who said that?');
  await gather(room.path, ana);
  const row = message(ana.page, 'who said that?');
  const card = ana.page.getByRole('dialog', { name: 'Profile of Bo' });
  await row.getByRole('heading', { name: 'Bo' }).getByText('Bo').click();
  await expect(card).toBeVisible();
  await ana.page.keyboard.press('Escape');
  await expect(card).toHaveCount(0);
  await row.locator('.avatar').first().click();
  await expect(card).toBeVisible();
  // A press elsewhere closes it.
  await ana.page.locator('.timeline').click({ position: { x: 400, y: 5 } });
  await expect(card).toHaveCount(0);
  await act(ana.page, 'who said that?', 'More actions');
  await ana.page.getByRole('menuitem', { name: 'Profile' }).click();
  await expect(card).toBeVisible();
  await expect(ana.page, 'nothing was left for it').toHaveURL(new RegExp(`${room.path}$`));
});

test('the member list and the card work by keyboard', async ({ room, ana }) => {
  await gather(room.path, ana);
  const rows = members(ana.page).getByRole('link');
  await rows.first().focus();
  await ana.page.keyboard.press('ArrowDown');
  await expect(rows.nth(1)).toBeFocused();
  await ana.page.keyboard.press('Home');
  await expect(rows.first()).toBeFocused();
  const bo = members(ana.page).getByRole('link', { name: /Bo/ });
  await bo.focus();
  await ana.page.keyboard.press('Enter');
  await expect(ana.page.getByRole('dialog').getByRole('button', { name: 'Message' })).toBeFocused();
  await ana.page.keyboard.press('Escape');
  await expect(ana.page.getByRole('dialog')).toHaveCount(0);
  await expect(bo).toBeFocused();
});

test('a card offers what works: nothing to oneself, removing to those who may', async ({ room, ana, bo, somebody }) => {
  const cy = await somebody('Cy');
  await letIn(ana.request, cy.request, room.guild.id);
  await gather(room.path, ana, bo);
  const actions = async (page: typeof ana.page, name: string): Promise<string[]> => {
    await members(page).getByRole('link', { name: new RegExp(name) }).click();
    const card = page.getByRole('dialog', { name: `Profile of ${name}` });
    await expect(card).toBeVisible();
    const names = await card.getByRole('button').allInnerTexts();
    await page.keyboard.press('Escape');
    await expect(card).toHaveCount(0);
    return names.map((text) => text.trim());
  };
  expect(await actions(ana.page, 'Ana')).toEqual([]);
  expect(await actions(ana.page, 'Bo')).toEqual(['Message', 'Remove from server']);
  expect(await actions(bo.page, 'Ana')).toEqual(['Message']);
  expect(await actions(bo.page, 'Cy')).toEqual(['Message']);
});

test('whom somebody removes is out at once, and reads nothing more', async ({ room, ana, bo }) => {
  await say(bo.request, room.guild.system_channel_id, 'I was here');
  await gather(room.path, ana, bo);
  await members(ana.page).getByRole('link', { name: /Bo/ }).click();
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Remove from server' }).click();
  const question = ana.page.getByRole('dialog', { name: 'Remove Bo?' });
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await expectAccessible(ana.page, 'the question before somebody is removed');
  await ana.page.keyboard.press('Enter');
  await expect(question).toBeHidden();
  await expect(members(ana.page), 'cancelling removes nobody').toContainText('Bo');

  await members(ana.page).getByRole('link', { name: /Bo/ }).click();
  await ana.page.getByRole('dialog').getByRole('button', { name: 'Remove from server' }).click();
  await question.getByRole('button', { name: 'Remove from server' }).click();
  await expect(question).toBeHidden();
  await expect(members(ana.page)).not.toContainText('Bo');
  await expect(ana.page).toHaveURL(new RegExp(`${room.path}$`));

  await expect(bo.page.getByText('You are no longer in Lighthouse')).toBeVisible();
  await expect(bo.page).toHaveURL(/\/channels\/@me$/);
  await expect(servers(bo.page).getByRole('link', { name: 'Lighthouse' })).toHaveCount(0);
  await expect(composer(bo.page)).toHaveCount(0);
  await send(ana.page, 'now we are alone');
  await expect(message(ana.page, 'now we are alone')).toBeVisible();
  await expect(bo.page.getByText('now we are alone')).toHaveCount(0);
  const history = await bo.request.post('/api/messages/history', {
    data: { channel_id: room.guild.system_channel_id, anchor: { page: 'latest' } },
  });
  expect(history.status()).toBe(404);
  expect((await bo.request.get(room.path)).status()).toBe(404);
});

test('in a conversation of two the card says who it is', async ({ ana, bo }) => {
  const dm = await call<{ id: string }>(ana.request, 'dms/open-by-name', { query: bo.username });
  await call(bo.request, 'messages/send', { channel_id: dm.id, content: 'only us' });
  await open(ana.page, `/channels/@me/${dm.id}`);
  await message(ana.page, 'only us').locator('.avatar').first().click();
  const card = ana.page.getByRole('dialog', { name: 'Profile of Bo' });
  await expect(card).toContainText(`@${bo.username}`);
  await expect(card.getByRole('button', { name: 'Remove from server' })).toHaveCount(0);
  await card.getByRole('button', { name: 'Message' }).click();
  await expect(card).toHaveCount(0);
  await expect(composer(ana.page, '@Bo')).toBeFocused();
});

test('the page of a member is a page with script too', async ({ ana, bo, faults }) => {
  faults.expect(/status of 404/);
  const guild = await createGuild(ana.request, 'Harbour');
  await letIn(ana.request, bo.request, guild.id);
  const { me } = await call<{ me: { user: { id: string } } }>(bo.request, 'pages/home', {});
  await open(ana.page, `/servers/${guild.id}/members/${me.user.id}`);
  await expect(ana.page.getByText(/In Harbour since/)).toBeVisible();
  await expectAccessible(ana.page, 'the page of a member');
  await ana.page.getByText('Remove…').click();
  await ana.page.getByRole('button', { name: 'Remove from server' }).click();
  await expect(channels(ana.page, 'Harbour')).toBeVisible();
  await expect(members(ana.page)).not.toContainText('Bo');
  await open(ana.page, `/servers/${guild.id}/members/${me.user.id}`);
  await expect(ana.page.getByText('Nothing at this address')).toBeVisible();
});
