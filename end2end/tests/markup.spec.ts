/** What message text looks like, and that it never becomes anything but text. */
import { say } from './calls';
import { expect, gather, reload, test } from './fixture';
import { message, send } from './gestures';

test('bold, code, spoilers and links look like what they are, live and after a reload', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await send(ana.page, 'this is **very bold** and *leaning*');
  await send(ana.page, 'see https://example.org/path?x=1');
  await send(ana.page, 'the end: ||the ship sinks||');
  await say(ana.request, room.guild.system_channel_id, '```rust\nfn main() { let tide = 1 < 2; }\n```');
  for (const again of [false, true]) {
    if (again) await reload(bo.page);
    await expect(bo.page.locator('.message__body strong', { hasText: 'very bold' })).toBeVisible();
    await expect(bo.page.locator('.message__body em', { hasText: 'leaning' })).toBeVisible();
    const code = bo.page.locator('.message__body pre code');
    await expect(code).toHaveText('fn main() { let tide = 1 < 2; }');
    const link = bo.page.getByRole('link', { name: 'https://example.org/path?x=1' });
    await expect(link).toHaveAttribute('href', 'https://example.org/path?x=1');
    await expect(link).toHaveAttribute('target', '_blank');
    await expect(link).toHaveAttribute('rel', /noopener/);
    await expect(link).toHaveAttribute('rel', /noreferrer/);
    await expect(link).toHaveAttribute('rel', /nofollow/);
    const spoiler = message(bo.page, 'the end:').getByRole('button');
    await expect(spoiler).toHaveAttribute('aria-expanded', 'false');
    await spoiler.click();
    await expect(message(bo.page, 'the end:').getByText('the ship sinks')).toBeVisible();
    await expect(message(bo.page, 'the end:').locator('[aria-expanded="false"]')).toHaveCount(0);
  }
});

test('HTML of a stranger stays text, from the server and from the socket', async ({ room, ana, bo }) => {
  const attacks = [
    '<script>document.title = "owned"</script>',
    '<img src=x onerror="document.title = \'owned\'">',
    '</textarea><script>document.title = "owned"</script>',
    '[click](javascript:document.title="owned")',
    '<a href="javascript:document.title=1">x</a>',
    '</script><svg onload="document.title=\'owned\'">',
    '&lt;b&gt; stays as typed',
  ];
  await gather(room.path, ana, bo);
  for (const attack of attacks) await say(ana.request, room.guild.system_channel_id, attack);
  for (const again of [false, true]) {
    if (again) await reload(bo.page);
    for (const attack of attacks) {
      await expect(bo.page.locator('.message__body p').getByText(attack, { exact: true })).toBeVisible();
    }
    await expect(bo.page.locator('.message__body :is(script, img, svg[onload])')).toHaveCount(0);
    await expect(bo.page.locator('a[href^="javascript:" i]')).toHaveCount(0);
    await expect(bo.page).not.toHaveTitle('owned');
  }
});

test('a hostile name is a name everywhere it is shown', async ({ somebody, page }) => {
  const hostile = await somebody('<b>Eve</b>&amp;"\'');
  const answer = await hostile.request.post('/api/guilds/create', { form: { name: '</title><script>alert(1)</script>' } });
  const guild = await answer.json();
  await gather(`/channels/${guild.id}`, hostile);
  await expect(hostile.page.getByRole('navigation', { name: '</title><script>alert(1)</script>', exact: true })).toBeVisible();
  await expect(hostile.page.getByText('<b>Eve</b>&amp;"\'').first()).toBeVisible();
  const invite = await (await hostile.request.post('/api/invites/standing', { form: { guild_id: guild.id } })).json();
  await page.goto(`/invite/${invite.code}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('</title><script>alert(1)</script>');
  await expect(page).toHaveTitle('Join </title><script>alert(1)</script> · Harmony');
  await page.goto('/login');
  await expect(page).toHaveTitle('Sign in · Harmony');
});

test('a mention shows the name of who is meant, and stands out for them', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await send(ana.page, `look here @${bo.username}`);
  await expect(message(ana.page, 'look here')).toContainText('@Bo');
  await expect(message(bo.page, 'look here')).toContainText('@Bo');
  await expect(message(bo.page, 'look here')).toHaveClass(/message--mention/);
  await expect(message(ana.page, 'look here')).not.toHaveClass(/message--mention/);
});
