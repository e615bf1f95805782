/** Files put into the message box: picked, pasted, dropped; described, hidden, taken out; sent while they are on their way. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expectAccessible } from './axe';
import { expect, gather, reload, test } from './fixture';
import { composer, message, messages } from './gestures';

const SCREENSHOT = readFileSync(join(__dirname, '../../docs/screenshot.png'));
const PICTURE = { name: 'harbour.png', mimeType: 'image/png', buffer: SCREENSHOT };
const WORDS = { name: 'plan.txt', mimeType: 'text/plain', buffer: Buffer.from('plain words') };
const UPLOADS = '**/api/attachments/upload?*';

const attach = (page: Page) => page.getByLabel('Attach files');
const tray = (page: Page) => page.getByRole('list', { name: 'Files to send' });
const pending = (page: Page, name: string) => tray(page).getByRole('listitem').filter({ hasText: name });

/** Keeps uploads on their way until what it returns is called. */
async function hold(page: Page): Promise<() => void> {
  let release = (): void => undefined;
  const gate = new Promise<void>((open) => (release = open));
  await page.route(UPLOADS, async (route) => {
    await gate;
    await route.continue();
  });
  return release;
}

/** Lets files be pasted into the message box or dropped on the page, as a person's hand would. */
async function hand(page: Page, event: 'paste' | 'drop' | 'dragover', target: string, name: string): Promise<void> {
  await page.locator(target).evaluate(
    (element, { event, name }) => {
      const carried = new DataTransfer();
      carried.items.add(new File(['carried words'], name, { type: 'text/plain' }));
      const options = { bubbles: true, cancelable: true };
      element.dispatchEvent(
        event === 'paste'
          ? new ClipboardEvent(event, { ...options, clipboardData: carried })
          : new DragEvent(event, { ...options, dataTransfer: carried }),
      );
    },
    { event, name },
  );
}

test('files are picked, described, hidden and sent with words', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await attach(ana.page).setInputFiles([PICTURE, WORDS]);
  await expect(tray(ana.page).getByRole('listitem')).toHaveCount(2);
  await expect(composer(ana.page)).toBeFocused();
  await expect(tray(ana.page).getByRole('progressbar')).toHaveCount(0);
  await expect(pending(ana.page, 'harbour.png').locator('img')).toHaveJSProperty('complete', true);
  await pending(ana.page, 'harbour.png').getByLabel('Alt text').fill('A harbour at night');
  await pending(ana.page, 'harbour.png').getByLabel('Alt text').press('Enter');
  await expect(composer(ana.page)).toBeFocused();
  await pending(ana.page, 'plan.txt').getByRole('button', { name: 'Hide as a spoiler' }).click();
  await expectAccessible(ana.page, 'files in the message box');

  await composer(ana.page).fill('both of them');
  await composer(ana.page).press('Enter');
  await expect(tray(ana.page)).toHaveCount(0);
  for (const page of [ana.page, bo.page]) {
    const row = message(page, 'both of them');
    await expect(row.getByRole('img', { name: 'A harbour at night' })).toBeVisible();
    await row.getByText('Spoiler: plan.txt').click();
    await expect(row.getByRole('link', { name: 'plan.txt' })).toBeVisible();
  }
  await reload(bo.page);
  await expect(message(bo.page, 'both of them').getByRole('img', { name: 'A harbour at night' })).toBeVisible();
});

test('files are pasted, and dropped anywhere on the page', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  await hand(ana.page, 'paste', '#composer', 'pasted.txt');
  await expect(pending(ana.page, 'pasted.txt')).toBeVisible();
  await hand(ana.page, 'dragover', '#conversation', 'dropped.txt');
  await expect(ana.page.getByText('Drop to add to your message')).toBeVisible();
  await hand(ana.page, 'drop', '#conversation', 'dropped.txt');
  await expect(ana.page.getByText('Drop to add to your message')).toHaveCount(0);
  await expect(pending(ana.page, 'dropped.txt')).toBeVisible();
  // Files alone are a message.
  await composer(ana.page).press('Enter');
  await expect(messages(bo.page).getByRole('link', { name: 'pasted.txt' })).toBeVisible();
  await expect(messages(bo.page).getByRole('link', { name: 'dropped.txt' })).toBeVisible();
});

test('a message is sent before its files are there, and arrives with them', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  const release = await hold(ana.page);
  await attach(ana.page).setInputFiles([PICTURE, WORDS]);
  await expect(tray(ana.page).getByRole('progressbar', { name: 'Uploading harbour.png' })).toBeVisible();
  await composer(ana.page).fill('they follow');
  await composer(ana.page).press('Enter');
  await expect(tray(ana.page)).toHaveCount(0);
  const row = message(ana.page, 'they follow');
  await expect(row.getByRole('progressbar')).toHaveCount(2);
  await row.getByRole('button', { name: 'Cancel plan.txt' }).click();
  await expect(row.getByRole('progressbar')).toHaveCount(1);
  // What is written meanwhile does not wait.
  await composer(ana.page).fill('meanwhile');
  await composer(ana.page).press('Enter');
  await expect(message(bo.page, 'meanwhile')).toBeVisible();
  await expect(message(bo.page, 'they follow')).toHaveCount(0);
  release();
  await expect(message(bo.page, 'they follow').getByRole('img', { name: 'harbour.png' })).toBeVisible();
  await expect(message(bo.page, 'they follow').getByRole('link', { name: 'plan.txt' })).toHaveCount(0);
  await expect(ana.page.locator('.message--pending')).toHaveCount(0);
});

test('a file is taken out again, one that is too large says so, and nothing is sent meanwhile', async ({ room, ana }) => {
  await gather(room.path, ana);
  const huge = { name: 'trailer.mov', mimeType: 'video/quicktime', buffer: Buffer.alloc(26 * 1024 * 1024) };
  await attach(ana.page).setInputFiles([WORDS, huge]);
  await expect(pending(ana.page, 'trailer.mov').getByRole('alert')).toHaveText('Larger than 26 MB.');
  await composer(ana.page).press('Enter');
  await composer(ana.page).fill('with words as well');
  await composer(ana.page).press('Enter');
  await expect(ana.page.getByText('That is too large.')).toBeVisible();
  await expect(composer(ana.page)).toHaveValue('with words as well');
  await expect(tray(ana.page).getByRole('listitem')).toHaveCount(2);
  await composer(ana.page).fill('');
  await tray(ana.page).getByRole('button', { name: 'Remove trailer.mov' }).click();
  await expect(tray(ana.page).getByRole('listitem')).toHaveCount(1);
  await tray(ana.page).getByRole('button', { name: 'Remove plan.txt' }).click();
  await expect(tray(ana.page)).toHaveCount(0);
  await expect(composer(ana.page)).toBeFocused();

  const many = Array.from({ length: 11 }, (_, at) => ({ ...WORDS, name: `page ${at}.txt` }));
  await attach(ana.page).setInputFiles(many);
  await expect(tray(ana.page).getByRole('listitem')).toHaveCount(10);
  await expect(ana.page.getByText('can have at most 10 files')).toBeVisible();
});

test('what did not arrive is tried again, or goes back into the message box', async ({ room, ana, bo, faults }) => {
  faults.expect(/Failed to load resource|ERR_FAILED POST/);
  await gather(room.path, ana, bo);
  await ana.page.route(UPLOADS, (route) => route.abort());
  await attach(ana.page).setInputFiles(WORDS);
  await expect(pending(ana.page, 'plan.txt').getByRole('alert')).toHaveText('The connection dropped.');
  await ana.page.unroute(UPLOADS);
  await pending(ana.page, 'plan.txt').getByRole('button', { name: 'Try again' }).click();
  await expect(tray(ana.page).getByRole('alert')).toHaveCount(0);
  await expect(tray(ana.page).getByRole('progressbar')).toHaveCount(0);

  await ana.page.route(UPLOADS, (route) => route.abort());
  await attach(ana.page).setInputFiles(PICTURE);
  await composer(ana.page).fill('second thoughts');
  await expect(pending(ana.page, 'harbour.png').getByRole('alert')).toBeVisible();
  await ana.page.unroute(UPLOADS);
  await tray(ana.page).getByRole('button', { name: 'Remove harbour.png' }).click();
  await ana.page.route('**/api/messages/send', (route) => route.fulfill({ status: 403, json: 'forbidden', contentType: 'application/json' }));
  await composer(ana.page).press('Enter');
  const row = message(ana.page, 'second thoughts');
  await expect(row.getByRole('alert')).toContainText('Not sent.');
  await ana.page.unroute('**/api/messages/send');
  await row.getByRole('button', { name: 'Edit' }).click();
  await expect(composer(ana.page)).toHaveValue('second thoughts');
  await expect(pending(ana.page, 'plan.txt')).toBeVisible();
  await composer(ana.page).press('Enter');
  await expect(message(bo.page, 'second thoughts').getByRole('link', { name: 'plan.txt' })).toBeVisible();
});

test('files go on while one looks at another page', async ({ room, ana, bo }) => {
  await gather(room.path, ana, bo);
  const release = await hold(ana.page);
  await attach(ana.page).setInputFiles(WORDS);
  await composer(ana.page).fill('back in a moment');
  await composer(ana.page).press('Enter');
  await expect(message(ana.page, 'back in a moment').getByRole('progressbar')).toBeVisible();
  await ana.page.getByRole('link', { name: 'User settings' }).click();
  await expect(ana.page.getByRole('heading', { name: 'Account' }).first()).toBeVisible();
  release();
  await expect(message(bo.page, 'back in a moment').getByRole('link', { name: 'plan.txt' })).toBeVisible();
});

test('a file that is gone leaves the words to be sent', async ({ room, ana, bo, faults }) => {
  faults.expect(/status of 409/);
  await gather(room.path, ana, bo);
  const answer = ana.page.waitForResponse(UPLOADS);
  await attach(ana.page).setInputFiles(WORDS);
  const { id } = (await (await answer).json()) as { id: string };
  await expect(tray(ana.page).getByRole('progressbar')).toHaveCount(0);
  await ana.request.post('/api/attachments/remove', { form: { attachment_id: id } });
  await composer(ana.page).fill('words stay');
  await composer(ana.page).press('Enter');
  const row = message(ana.page, 'words stay');
  await expect(row.getByRole('alert')).toContainText('A file is not there any more.');
  await row.getByRole('button', { name: 'Send without the files' }).click();
  await expect(message(bo.page, 'words stay')).toBeVisible();
});
