/** `test` with people in it, and with a net under every page: see `faults`. Every spec imports this one. */
import { test as base, expect, type APIRequestContext, type BrowserContext, type Page } from '@playwright/test';
import { createGuild, letIn, type Guild } from './calls';
import { Faults, hasLiveSocket } from './faults';

export { expect };

/** Of everybody in the tests. */
export const PASSWORD = 'four quiet lanterns';

/** Somebody with an account, signed in on one device. */
export interface Person {
  /** As others see it. */
  readonly name: string;
  /** Unique in the whole run. */
  readonly username: string;
  /** The device. */
  readonly context: BrowserContext;
  /** Its first tab. */
  readonly page: Page;
  /** Calls with this device's cookies. */
  readonly request: APIRequestContext;
}

/** A server of ana's with bo in it; both are on the page of #general. */
export interface Room {
  readonly guild: Guild;
  /** Address of #general. */
  readonly path: string;
}

interface Fixtures {
  faults: Faults;
  /** Somebody nobody has seen before, with an account, or without one when `registered` is false. */
  somebody: (name: string, registered?: boolean) => Promise<Person>;
  ana: Person;
  bo: Person;
  room: Room;
}

let people = 0;

/** A username nobody has had, also when an old database is used again. */
export function freshUsername(name: string): string {
  people += 1;
  return `${name.toLowerCase().replace(/[^a-z0-9]/g, '')}_${Date.now().toString(36)}_${people.toString(36)}`;
}

export const test = base.extend<Fixtures>({
  faults: async ({ baseURL }, use) => {
    const faults = new Faults(baseURL ?? '');
    await use(faults);
    expect(faults.unexpected, 'faults in the pages of this test').toEqual([]);
  },

  context: async ({ context, faults }, use) => {
    await faults.watch(context);
    await use(context);
  },

  somebody: async ({ browser, faults }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (name, registered = true) => {
      const context = await browser.newContext();
      contexts.push(context);
      await faults.watch(context);
      const username = freshUsername(name);
      if (registered) {
        const form = { display_name: name, username, email: '', password: PASSWORD };
        const answer = await context.request.post('/api/accounts/register', { form });
        expect(answer.ok(), `registering answered ${answer.status()}: ${await answer.text()}`).toBe(true);
      }
      const page = await context.newPage();
      return { name, username, context, page, request: context.request };
    });
    for (const context of contexts) await context.close();
  },

  ana: async ({ somebody }, use) => use(await somebody('Ana')),
  bo: async ({ somebody }, use) => use(await somebody('Bo')),

  room: async ({ ana, bo }, use) => {
    const guild = await createGuild(ana.request, 'Lighthouse');
    await letIn(ana.request, bo.request, guild.id);
    const path = `/channels/${guild.id}/${guild.system_channel_id}`;
    await use({ guild, path });
  },
});

/** Opens an address and waits until the page is interactive. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await hydrated(page);
}

/** Reloads and waits until the page is interactive. */
export async function reload(page: Page): Promise<void> {
  await page.reload();
  await hydrated(page);
}

export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator('html')).toHaveAttribute('data-hydrated', '');
}

/** Waits until what others do is seen as it happens. */
export async function live(page: Page): Promise<void> {
  await hydrated(page);
  await expect.poll(() => hasLiveSocket(page), { message: 'the connection is live' }).toBe(true);
}

/** Opens a place for some people, all of them live there. */
export async function gather(path: string, ...group: Person[]): Promise<void> {
  for (const person of group) await open(person.page, path);
  for (const person of group) await live(person.page);
}
