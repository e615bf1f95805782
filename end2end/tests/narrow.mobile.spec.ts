/** A telephone: 390 × 844, fingers. */
import { expectAccessible } from './axe';
import { call, createChannel, say } from './calls';
import { expect, gather, hydrated, open, test } from './fixture';
import { channelLink, channels, composer, members, message, servers } from './gestures';

const OVERFLOW = 'nothing is wider than the screen';

test('a channel is only the conversation; the navigation is a drawer', async ({ room, ana, bo }) => {
  // axe shall not meet a drawer that is half open.
  await ana.page.emulateMedia({ reducedMotion: 'reduce' });
  const second = await createChannel(ana.request, room.guild.id, 'second');
  await gather(room.path, ana, bo);
  await expect(composer(ana.page)).toBeInViewport();
  await expect(servers(ana.page)).not.toBeInViewport();
  await expect(members(ana.page)).not.toBeInViewport();

  const opener = ana.page.getByRole('link', { name: 'Open navigation' });
  await opener.tap();
  await expect(servers(ana.page)).toBeInViewport();
  await expect(channels(ana.page, 'Lighthouse')).toBeInViewport();
  const drawer = await ana.page.locator('#navigation').boundingBox();
  expect(drawer?.width).toBeLessThanOrEqual(344);
  await expectAccessible(ana.page, 'the navigation drawer');
  await ana.page.keyboard.press('Escape');
  await expect(servers(ana.page)).not.toBeInViewport();
  await expect(opener).toBeFocused();

  await opener.tap();
  await channelLink(ana.page, 'Lighthouse', 'second').tap();
  await expect(ana.page).toHaveURL(new RegExp(`${second.id}$`));
  await expect(composer(ana.page, 'second')).toBeInViewport();
  await expect(servers(ana.page)).not.toBeInViewport();

  await opener.tap();
  await expect(servers(ana.page)).toBeInViewport();
  await ana.page.touchscreen.tap(380, 400);
  await expect(servers(ana.page)).not.toBeInViewport();
});

test('the telephone’s Back closes what is open before it leaves the page', async ({ room, ana }) => {
  await ana.page.emulateMedia({ reducedMotion: 'reduce' });
  // A desktop browser takes Escape for Back, which has its own ways here: only what a telephone would call is called.
  await ana.page.addInitScript(() => {
    const open: { onclose?: () => void }[] = [];
    Object.assign(window, {
      goBack: () => open.at(-1)?.onclose?.(),
      CloseWatcher: class {
        onclose?: () => void;
        constructor() {
          open.push(this);
        }
        destroy(): void {
          open.splice(open.indexOf(this), 1);
        }
      },
    });
  });
  const back = (): Promise<void> => ana.page.evaluate(() => (window as unknown as { goBack: () => void }).goBack());
  await open(ana.page, room.path);
  const opener = ana.page.getByRole('link', { name: 'Open navigation' });
  await back();
  await opener.tap();
  await expect(servers(ana.page)).toBeInViewport();
  await back();
  await expect(servers(ana.page)).not.toBeInViewport();
  await expect(opener).toBeFocused();
  await opener.tap();
  await expect(servers(ana.page)).toBeInViewport();
  await expect(ana.page).toHaveURL(new RegExp(`${room.path}$`));
});

test('the way to the navigation says that something is unread elsewhere', async ({ room, ana, bo }) => {
  const second = await createChannel(ana.request, room.guild.id, 'second');
  await gather(room.path, ana);
  const opener = ana.page.getByRole('link', { name: 'Open navigation' });
  await expect(opener).toHaveAccessibleName('Open navigation');
  await say(bo.request, second.id, 'over here');
  await expect(opener).toHaveAccessibleName('Open navigation, unread');
  await say(bo.request, second.id, `over here, @${ana.username}`);
  await expect(opener).toHaveAccessibleName('Open navigation, 1 for you');
  await say(bo.request, room.guild.system_channel_id, 'what is read here is not elsewhere');
  await expect(message(ana.page, 'what is read here')).toBeVisible();
  await expect(opener).toHaveAccessibleName('Open navigation, 1 for you');
});

test('sends with the button and sees the answer', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await composer(ana.page).fill('from the bus');
  await ana.page.getByRole('button', { name: 'Send message' }).tap();
  await expect(composer(ana.page)).toHaveValue('');
  await expect(composer(ana.page)).toBeFocused();
  await expect(message(bo.page, 'from the bus')).toBeInViewport();
  await say(bo.request, room.guild.system_channel_id, 'mind the gap');
  await expect(message(ana.page, 'mind the gap')).toBeInViewport();
});

test('the members are a drawer of the other side', async ({ room, ana }) => {
  await ana.page.emulateMedia({ reducedMotion: 'reduce' });
  await gather(room.path, ana);
  const opener = ana.page.getByRole('link', { name: 'Member list' });
  await opener.tap();
  await expect(members(ana.page)).toBeInViewport();
  await expect(members(ana.page)).toContainText('Bo');
  await expectAccessible(ana.page, 'the drawer of the members');
  await ana.page.keyboard.press('Escape');
  await expect(members(ana.page)).not.toBeInViewport();
});

test('a member of the drawer opens their card, and “Message” leads to the conversation', async ({ room, ana, bo }) => {
  await ana.page.emulateMedia({ reducedMotion: 'reduce' });
  await gather(room.path, ana);
  await ana.page.getByRole('link', { name: 'Member list' }).tap();
  await members(ana.page).getByRole('link', { name: /Bo/ }).tap();
  const card = ana.page.getByRole('dialog', { name: 'Profile of Bo' });
  await expect(card).toBeInViewport({ ratio: 1 });
  await expect(card).toContainText(`@${bo.username}`);
  await expectAccessible(ana.page, 'the card of a person on a telephone');
  await card.getByRole('button', { name: 'Message' }).tap();
  await expect(composer(ana.page, '@Bo')).toBeInViewport();
  await expect(members(ana.page)).toHaveCount(0);
});

test('a long press opens what can be done with a message', async ({ room, ana }) => {
  await say(ana.request, room.guild.system_channel_id, 'press me');
  await gather(room.path, ana);
  const row = message(ana.page, 'press me');
  const box = await row.boundingBox();
  if (!box) throw new Error('the row is not on screen');
  const client = await ana.context.newCDPSession(ana.page);
  const at = [{ x: box.x + 150, y: box.y + box.height / 2 }];
  await client.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at });
  await expect(ana.page.getByRole('menuitem', { name: 'Edit message' })).toBeVisible();
  await client.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await expect(ana.page.getByRole('menuitem', { name: 'Reply' })).toBeVisible();
});

test('no page is wider than the screen, whatever is in it, and axe agrees with each', async ({ room, ana, bo, page }) => {
  test.setTimeout(120_000);
  const channel = room.guild.system_channel_id;
  await say(ana.request, channel, 'w'.repeat(300));
  await say(ana.request, channel, `\`\`\`\n${'code '.repeat(60)}\n\`\`\``);
  await say(ana.request, channel, `https://example.org/${'path/'.repeat(60)}`);
  const dm = await call<{ id: string }>(ana.request, 'dms/open-by-name', { query: bo.username });
  const { code } = await call<{ code: string }>(ana.request, 'invites/standing', { guild_id: room.guild.id });
  const server = `/servers/${room.guild.id}`;
  const visits = [
    ...['/login', '/register', `/invite/${code}`].map((path) => [path, page] as const),
    ...[
      '/channels/@me', `/channels/@me/${dm.id}`, room.path, '/settings', '/settings/devices', '/settings/appearance',
      `${server}/settings`, `${server}/settings/channels`, `${server}/settings/invites`, '/servers/new', '/channels/@me/new',
    ].map((path) => [path, ana.page] as const),
  ];
  for (const [path, visitor] of visits) {
    await visitor.emulateMedia({ reducedMotion: 'reduce' });
    await visitor.goto(path);
    await hydrated(visitor);
    const wide = await visitor.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect.soft(wide, `${path}: ${OVERFLOW}`).toBeLessThanOrEqual(0);
    await expectAccessible(visitor, `${path} on a telephone`);
  }
});

test('the settings’ contents are a drawer too', async ({ ana }) => {
  await open(ana.page, '/settings');
  const contents = ana.page.getByRole('navigation', { name: 'User settings' });
  await expect(contents).not.toBeInViewport();
  await ana.page.getByRole('link', { name: 'Open navigation' }).tap();
  await expect(contents).toBeInViewport();
  await contents.getByRole('link', { name: 'Appearance' }).tap();
  await expect(ana.page.getByRole('heading', { level: 1, name: 'Appearance' })).toBeVisible();
  await expect(contents).not.toBeInViewport();
});
