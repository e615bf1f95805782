/** `@everyone` and `@here`, and the inbox: in the panel beside the conversation, live, and in the address. */
import { expectAccessible } from './axe';
import { createChannel, createGuild, letIn, say } from './calls';
import { expect, gather, reload, test } from './fixture';
import { channelLink, composer, message, send } from './gestures';

test('everyone is called by who may, and nobody by who may not', async ({ room, ana, bo }) => {
  const quiet = await createChannel(ana.request, room.guild.id, 'quiet');
  await gather(`/channels/${room.guild.id}/${quiet.id}`, bo);
  await gather(room.path, ana);
  const general = channelLink(bo.page, 'Lighthouse', 'general');
  await send(ana.page, 'dinner, @everyone!');
  await expect(general).toHaveAccessibleName(/1 mention/);
  await expect(message(ana.page, 'dinner').locator('.mention')).toHaveText('@everyone');
  await send(ana.page, 'now, @here');
  await expect(general).toHaveAccessibleName(/2 mentions/);
  await general.click();
  await expect(message(bo.page, 'dinner')).toHaveClass(/message--mention/);
  await expect(message(ana.page, 'dinner')).not.toHaveClass(/message--mention/);
  await send(bo.page, 'not even @everyone');
  await expect(message(ana.page, 'not even @everyone')).toBeVisible();
  await expect(message(ana.page, 'not even').locator('.mention')).toHaveCount(0);
  await expect(message(ana.page, 'not even')).not.toHaveClass(/message--mention/);
});

test('what calls many is suggested to those who may', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await composer(ana.page).pressSequentially('@every');
  await expect(ana.page.getByRole('option')).toHaveAccessibleName('@everyone Notify all who can see this channel');
  await composer(ana.page).press('Tab');
  await expect(composer(ana.page)).toHaveValue('@everyone ');
  await composer(bo.page).pressSequentially('@every');
  await expect(bo.page.getByRole('option')).toHaveCount(0);
});

test('the inbox has what addressed one anywhere, takes in what comes, and leads there', async ({ room, ana, bo }) => {
  const other = await createGuild(ana.request, 'Elsewhere');
  await letIn(ana.request, bo.request, other.id);
  await say(ana.request, other.system_channel_id, `far away, @${bo.username}`);
  await say(ana.request, room.guild.system_channel_id, 'to @everyone');
  await gather(room.path, bo);
  await bo.page.getByRole('button', { name: 'Inbox' }).click();
  const panel = bo.page.getByRole('complementary', { name: 'Inbox' });
  const list = panel.getByRole('list', { name: 'Inbox' });
  await expect(list.getByRole('article')).toHaveText([/to @everyone/, /far away/]);
  await expect(panel).toContainText('Elsewhere');
  await expectAccessible(bo.page, 'inbox');
  await say(ana.request, other.system_channel_id, '@everyone, too');
  await expect(list.getByRole('article')).toHaveText([/too/, /to @everyone/, /far away/]);
  await panel.getByRole('link', { name: 'By name' }).click();
  await expect(list.getByRole('article')).toHaveText([/far away/]);
  await expect(bo.page).toHaveURL(/panel=inbox&only=names/);
  await reload(bo.page);
  await expect(list.getByRole('article')).toHaveText([/far away/]);
  await list.getByRole('link').filter({ hasText: /\d\d:\d\d/ }).click();
  await expect(bo.page).toHaveURL(new RegExp(`/channels/${other.id}/`));
  await expect(bo.page.getByRole('group', { name: 'Messages in general' }).getByText('far away')).toBeInViewport();
});
