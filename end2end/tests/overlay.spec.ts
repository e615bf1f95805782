/** What covers everything for a moment: the way to any place by name, pictures in full size, the list of keys. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectAccessible } from './axe';
import { createChannel, createGuild, say } from './calls';
import { expect, gather, test } from './fixture';
import { composer, message, messages } from './gestures';

const PICTURE = { name: 'harbour.png', mimeType: 'image/png', buffer: readFileSync(join(__dirname, '../../docs/screenshot.png')) };

test('any channel, of whichever server, is gone to by its name', async ({ room, ana }) => {
  const other = await createGuild(ana.request, 'Observatory');
  await createChannel(ana.request, other.id, 'telescopes');
  await gather(room.path, ana);
  await ana.page.keyboard.press('Control+k');
  const where = ana.page.getByRole('combobox', { name: 'Find or jump' });
  await expect(where).toBeFocused();
  await where.fill('teles');
  const option = ana.page.getByRole('option', { name: 'telescopes' });
  await expect(option).toHaveAttribute('aria-selected', 'true');
  await expect(option).toContainText('Observatory');
  await expectAccessible(ana.page, 'the way to a place by name');
  await where.press('Enter');
  await expect(composer(ana.page, 'telescopes')).toBeFocused();
  await expect(where).toHaveCount(0);

  await ana.page.getByRole('button', { name: 'Find or jump' }).click();
  await where.fill('no such place');
  await expect(ana.page.getByRole('option')).toHaveText(['Search messages for “no such place”']);
  await where.press('Escape');
  await expect(ana.page.getByRole('button', { name: 'Find or jump' })).toBeFocused();
});

test('what is new stands first, and people are found', async ({ room, ana, bo }) => {
  const channel = await createChannel(ana.request, room.guild.id, 'elsewhere');
  await gather(room.path, ana);
  await say(bo.request, channel.id, `hello @${ana.username}`);
  await ana.page.keyboard.press('Control+k');
  await expect(ana.page.getByRole('option').first()).toContainText('elsewhere');
  await expect(ana.page.getByRole('option').first()).toContainText('1 mention');
  await ana.page.keyboard.type(`@${bo.username}`);
  await expect(ana.page.getByRole('option')).toHaveText([new RegExp(`@${bo.username}`)]);
  await ana.page.keyboard.press('Enter');
  await expect(composer(ana.page, '@Bo')).toBeFocused();
});

test('actions and the list of keys are reached without a pointer', async ({ room, ana }) => {
  await gather(room.path, ana);
  await ana.page.keyboard.press('Control+k');
  await ana.page.keyboard.type('>keyb');
  await ana.page.keyboard.press('Enter');
  const sheet = ana.page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet.getByRole('rowheader', { name: 'Mark unread' })).toBeVisible();
  await expectAccessible(ana.page, 'the list of keys');
  await ana.page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);
  await composer(ana.page).press('?');
  await expect(composer(ana.page)).toHaveValue('?');
  await composer(ana.page).press('Control+/');
  await expect(sheet).toBeVisible();
});

test('pictures of a message are looked at one after the other', async ({ room, ana }) => {
  await gather(room.path, ana);
  await ana.page.getByLabel('Attach files').setInputFiles([PICTURE, { ...PICTURE, name: 'boats.png' }]);
  const tray = ana.page.getByRole('list', { name: 'Files to send' });
  await expect(tray.getByRole('progressbar')).toHaveCount(0);
  await tray.getByLabel('Alt text').first().fill('A harbour at night');
  await composer(ana.page).fill('two views');
  await composer(ana.page).press('Enter');
  await expect(ana.page.locator('.message--pending')).toHaveCount(0);
  await message(ana.page, 'two views').getByRole('link', { name: 'A harbour at night' }).click();
  const viewer = ana.page.getByRole('dialog', { name: 'Picture' });
  await expect(viewer.getByRole('img', { name: 'A harbour at night' })).toHaveJSProperty('complete', true);
  await expect(viewer.getByText('1 of 2')).toBeVisible();
  await expectAccessible(ana.page, 'a picture in full size');
  await ana.page.keyboard.press('ArrowRight');
  await expect(viewer.getByRole('img', { name: 'boats.png' })).toBeVisible();
  await viewer.getByRole('button', { name: 'Next picture' }).click();
  await expect(viewer.getByText('1 of 2')).toBeVisible();
  await ana.page.keyboard.press('Escape');
  await expect(viewer).toHaveCount(0);
  await expect(messages(ana.page).getByRole('link', { name: 'A harbour at night' })).toBeFocused();
});
