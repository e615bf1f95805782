/** Files of messages: what the others see of them, and that they are gone with the message. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { APIRequestContext } from '@playwright/test';
import { expectAccessible } from './axe';
import { call } from './calls';
import { expect, gather, test } from './fixture';
import { message, messages } from './gestures';

const SCREENSHOT = readFileSync(join(__dirname, '../../docs/screenshot.png'));

interface Attachment {
  id: string;
}

async function upload(request: APIRequestContext, channel: string, name: string, data: Buffer): Promise<Attachment> {
  const answer = await request.post(`/api/attachments/upload?channel_id=${channel}&filename=${encodeURIComponent(name)}`, {
    data,
    headers: { 'content-type': 'application/octet-stream' },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
  return (await answer.json()) as Attachment;
}

test('a picture has its room before it is there, other files are links, and all go with the message', async ({ room, ana, bo, faults }) => {
  faults.expect(/status of 404/);
  const channel = room.guild.system_channel_id;
  await gather(room.path, ana, bo);
  const picture = await upload(ana.request, channel, 'harbour.png', SCREENSHOT);
  const notes = await upload(ana.request, channel, 'notes <b>.txt', Buffer.from('plain words'));
  const hidden = await upload(ana.request, channel, 'ending.png', SCREENSHOT);
  let held = (): void => undefined;
  const gate = new Promise<void>((open) => (held = open));
  await bo.page.route(/\/(files|previews)\//, async (route) => {
    await gate;
    await route.continue();
  });
  await call(ana.request, 'messages/send', {
    channel_id: channel,
    content: 'look',
    'attachments[0][id]': picture.id,
    'attachments[0][description]': 'A harbour at night',
    'attachments[0][is_spoiler]': 'false',
    'attachments[1][id]': notes.id,
    'attachments[2][id]': hidden.id,
    'attachments[2][is_spoiler]': 'true',
  });
  const row = message(bo.page, 'look');
  const image = row.getByRole('img', { name: 'A harbour at night' });
  const before = await image.boundingBox();
  expect(before?.height ?? 0, 'the room is there first').toBeGreaterThan(100);
  held();
  await expect(image).toHaveJSProperty('complete', true);
  expect(await image.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(0);
  const after = await image.boundingBox();
  expect(after).toEqual(before);

  const link = row.getByRole('link', { name: 'notes b.txt' }).or(row.getByRole('link', { name: /^notes/ }));
  await expect(link).toBeVisible();
  const file = (await link.getAttribute('href')) ?? '';
  const got = await bo.request.get(file);
  expect(await got.text()).toBe('plain words');
  expect(got.headers()['content-security-policy']).toContain('sandbox');
  // What is hidden is not even fetched.
  await expect(row.getByRole('img')).toHaveCount(1);
  await row.getByText('Spoiler: ending.png').click();
  await expect(row.getByRole('img')).toHaveCount(2);
  await expectAccessible(bo.page, 'a message with files');

  await row.hover();
  await message(ana.page, 'look').hover();
  await ana.page.getByRole('toolbar').getByRole('button', { name: 'Delete message' }).click({ modifiers: ['Shift'] });
  await expect(messages(bo.page).getByText('look', { exact: true })).toHaveCount(0);
  expect((await bo.request.get(file)).status()).toBe(404);
});
