/** Pictures for comparing with the design, in test-results/shots. Nothing is asserted about how they look. */
import { join } from 'node:path';
import { call, createChannel, createGuild, letIn, say } from './calls';
import { expect, hydrated, test } from './fixture';
import { signIn } from './gestures';

const FOLDER = join(__dirname, '../test-results/shots');
const SIZES = [[1440, 900], [900, 800], [390, 844]] as const;

const TALK: [string, string][] = [
  ['ana', 'The lighthouse scene is in. Two scrolling noise layers, sampled once at half resolution.'],
  ['ana', '```wgsl\nfn caustics(uv: vec2f, time: f32) -> f32 {\n    return pow(min(a, b), 2.2); // 1.8 ms, was 6.4\n}\n```'],
  ['bo', 'That is **a lot** faster. Does it hold on the old laptop?'],
  ['bo', 'Good read before today’s review: https://waterlines.example/shoestring'],
  ['ana', '> Does it hold on the old laptop?\nIt does, at 58 fps.\n- tested on battery\n- tested with *three* windows open'],
  ['bo', 'صباح الخير! ترجمة القائمة الرئيسية جاهزة للمراجعة.'],
  ['bo', 'Shipping. 🚀'],
];

test('pictures of the channel, a conversation, signing in and the settings', async ({ ana, bo, room, somebody }) => {
  test.setTimeout(180_000);
  const general = room.guild.system_channel_id;
  for (const name of ['devlog', 'shader-talk', 'art-dump', 'level-design']) await createChannel(ana.request, room.guild.id, name);
  for (const name of ['Northwind Hikers', 'Rust Kitchen']) {
    const guild = await createGuild(bo.request, name);
    await letIn(bo.request, ana.request, guild.id);
    await say(bo.request, guild.system_channel_id, name === 'Rust Kitchen' ? `@${ana.username} bread is ready` : 'See you at the lake');
  }
  for (const name of ['Inés Ferrer', 'Eun-ji Park', 'Oleh Kovalenko']) {
    await letIn(ana.request, (await somebody(name)).request, room.guild.id);
  }
  const dm = await call<{ id: string }>(ana.request, 'dms/open-by-name', { query: bo.username });
  for (const [who, text] of TALK) {
    const request = who === 'ana' ? ana.request : bo.request;
    await say(request, general, text);
    await say(request, dm.id, text);
  }
  const first = await say(bo.request, general, `@${ana.username} can you look at the dive timer before the playtest?`);
  await call(ana.request, 'messages/send', { channel_id: general, content: 'On it.', reply_to: first.id });

  const stranger = await somebody('Stranger', false);
  const device = await somebody('Device', false);
  await device.page.goto('/login');
  await hydrated(device.page);
  await signIn(device.page, bo.username);
  await expect(device.page).toHaveURL(/@me/);
  const places = [
    ['channel', room.path, ana], ['dm', `/channels/@me/${dm.id}`, ana], ['home', '/channels/@me', ana], ['login', '/login', stranger],
    ['register', '/register', stranger], ['settings', '/settings', ana], ['appearance', '/settings/appearance', ana],
    ['server-settings', `/servers/${room.guild.id}/settings`, ana],
  ] as const;
  for (const [name, path, person] of places) {
    for (const colorScheme of ['dark', 'light'] as const) {
      for (const [width, height] of SIZES) {
        await person.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await person.page.setViewportSize({ width, height });
        await person.page.goto(path);
        await hydrated(person.page);
        await person.page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}-${width}.png`), animations: 'disabled' });
      }
    }
  }
});
