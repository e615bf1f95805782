/** axe-core on every page and every dialog, in both themes, and the tree a screen reader gets. */
import { call, createChannel, fill, say } from './calls';
import { expectAccessible, violations } from './axe';
import { expect, gather, hydrated, open, test } from './fixture';
import { act, channels, message, messages } from './gestures';

for (const theme of ['light', 'dark'] as const) {
  test.describe(`in the ${theme} theme`, () => {
    test.use({ colorScheme: theme });

    test('the pages of who is not signed in', async ({ page, ana, room, faults }) => {
      faults.expect(/status of 404/);
      const { code } = await call<{ code: string }>(ana.request, 'invites/standing', { guild_id: room.guild.id });
      await page.emulateMedia({ reducedMotion: 'reduce' });
      for (const path of ['/login', '/register', `/invite/${code}`, '/invite/nothing-here']) {
        await page.goto(path);
        await hydrated(page);
        await expectAccessible(page, path);
      }
      // Of no page at all: a plain one, without script or style. Its colours are the browser's own, and axe takes a
      // canvas without a colour for a white one.
      await page.goto('/no/such/page');
      if (theme === 'dark') return;
      await expectAccessible(page, 'no page');
    });

    test('the pages of who is signed in', async ({ ana, bo, room, faults }) => {
      faults.expect(/status of 404/);
      const dm = await call<{ id: string }>(ana.request, 'dms/open-by-name', { query: bo.username });
      await call(bo.request, 'messages/send', { channel_id: dm.id, content: 'for your eyes' });
      const said = await say(bo.request, room.guild.system_channel_id, `> quoted\n- **one**\n- two @${ana.username} ||hid|| \`code\` https://example.org`);
      await say(ana.request, room.guild.system_channel_id, '```\nblock\n```\n# Heading');
      await createChannel(ana.request, room.guild.id, 'unread-one');
      await ana.page.emulateMedia({ reducedMotion: 'reduce' });
      const server = `/servers/${room.guild.id}`;
      const paths = [
        '/channels/@me', `/channels/@me/${dm.id}`, room.path, `${room.path}/${said.id}`,
        '/settings', '/settings/devices', '/settings/appearance',
        `${server}/settings`, `${server}/settings/channels`, `${server}/settings/invites`,
        '/servers/new', `${server}/channels/new`, `${server}/threads/new?channel=1`, `${server}/invite`, '/channels/@me/new',
        '/channels/1/2',
      ];
      for (const path of paths) {
        await ana.page.goto(path);
        await hydrated(ana.page);
        await expectAccessible(ana.page, path);
      }
    });

    test('what opens over a channel', async ({ ana, bo, room }) => {
      await say(bo.request, room.guild.system_channel_id, 'act on me');
      await say(ana.request, room.guild.system_channel_id, 'mine');
      await ana.page.emulateMedia({ reducedMotion: 'reduce' });
      await gather(room.path, ana);
      await message(ana.page, 'mine').hover();
      await expect(ana.page.getByRole('toolbar')).toBeVisible();
      await expectAccessible(ana.page, 'the toolbar');
      await act(ana.page, 'mine', 'Edit message');
      await expect(messages(ana.page).getByRole('textbox')).toBeVisible();
      await expectAccessible(ana.page, 'the editor');
      await ana.page.keyboard.press('Escape');
      await act(ana.page, 'act on me', 'Reply');
      await expectAccessible(ana.page, 'a reply being written');
      await act(ana.page, 'mine', 'Delete message');
      await expect(ana.page.getByRole('dialog')).toBeVisible();
      await expectAccessible(ana.page, 'the question before a deletion');
      await ana.page.keyboard.press('Escape');
      await message(ana.page, 'mine').click({ button: 'right' });
      await expect(ana.page.getByRole('menu')).toBeVisible();
      await expectAccessible(ana.page, 'the context menu');
      await ana.page.keyboard.press('Escape');
      for (const name of ['Create channel', 'Invite people']) {
        await channels(ana.page, 'Lighthouse').getByRole('link', { name }).first().click();
        await expect(ana.page.getByRole('dialog')).toBeVisible();
        await expectAccessible(ana.page, `the dialog “${name}”`);
        await ana.page.keyboard.press('Escape');
        await expect(ana.page.getByRole('dialog')).toBeHidden();
      }
    });
  });
}

test('a button without a name and words too pale to read are noticed', async ({ page }) => {
  await open(page, '/login');
  await page.evaluate(() => {
    const main = document.querySelector('main');
    const words = Object.assign(document.createElement('p'), { textContent: 'pale' });
    Object.assign(words.style, { color: '#ccc', background: '#fff' });
    main?.append(document.createElement('button'), words);
  });
  expect((await violations(page)).map((violation) => violation.split(':')[0]).sort()).toEqual(['button-name', 'color-contrast']);
});

test('a channel is a tree of named regions, days and messages', async ({ ana, bo, room }) => {
  await fill(bo.request, room.guild.system_channel_id, 2);
  await gather(room.path, ana);
  const tree = ana.page.locator('body');
  await expect(tree).toMatchAriaSnapshot(`
    - navigation "Servers":
      - list:
        - listitem:
          - link /Direct messages/
  `);
  await expect(tree).toMatchAriaSnapshot(`
    - main:
      - heading /general/ [level=1]
  `);
  await expect(messages(ana.page)).toMatchAriaSnapshot(`
    - heading [level=2]
    - article /Bo/:
      - heading "Bo" [level=3]
      - paragraph: line 1
    - article /Bo/:
      - paragraph: line 2
  `);
  await expect(ana.page.getByRole('complementary', { name: 'Members' })).toContainText('Bo');
});

test('what arrives is announced once and takes no focus', async ({ ana, bo, room }) => {
  await gather(room.path, ana);
  const box = ana.page.getByRole('textbox', { name: 'Message #general' });
  await box.focus();
  await say(bo.request, room.guild.system_channel_id, 'spoken aloud');
  await expect(ana.page.getByRole('log')).toContainText('Bo: spoken aloud');
  await expect(box).toBeFocused();
  await expect(ana.page.getByRole('log').getByText('spoken aloud')).toHaveCount(1);
});
