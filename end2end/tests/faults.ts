/** What must not happen in any page of any test, whatever the test is about. */
import type { BrowserContext, Page } from '@playwright/test';

/** A page that was left, or a request that was dropped with it, is no fault. */
const DROPPED = 'net::ERR_ABORTED';

/** Collects console errors, uncaught errors, policy violations and failed answers of the contexts it watches. */
export class Faults {
  readonly #found: string[] = [];
  readonly #expected: RegExp[] = [];

  constructor(private readonly origin: string) {}

  /** Says that faults like this belong to the test. Narrow patterns only: each is a hole in the net. */
  expect(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** What was found, expected or not. */
  get all(): readonly string[] {
    return this.#found;
  }

  /** What was found and not expected. */
  get unexpected(): string[] {
    return this.#found.filter((fault) => !this.#expected.some((pattern) => pattern.test(fault)));
  }

  /** Watches every page of a context, those that are open and those to come. */
  async watch(context: BrowserContext): Promise<void> {
    context.on('console', (message) => {
      if (message.type() === 'error') this.#add(`console: ${message.text()} (${message.location().url})`);
    });
    context.on('weberror', (error) => this.#add(`uncaught: ${error.error().stack ?? error.error().message}`));
    context.on('response', (response) => {
      if (response.status() >= 500 && this.#isOurs(response.url())) {
        this.#add(`answer: ${response.status()} ${response.request().method()} ${response.url()}`);
      }
    });
    context.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? 'unknown';
      if (reason !== DROPPED && this.#isOurs(request.url())) {
        this.#add(`request: ${reason} ${request.method()} ${request.url()}`);
      }
    });
    // Not every violation is written to the console; this makes all of them console errors.
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy violated: ${event.effectiveDirective} by ${event.blockedURI}`);
      });
    });
    for (const page of context.pages()) followSocket(page);
    context.on('page', followSocket);
  }

  #add(fault: string): void {
    this.#found.push(fault);
  }

  #isOurs(url: string): boolean {
    return url.startsWith(this.origin);
  }
}

/** Sockets of a page that have told their page "live" and are still open. */
const liveSockets = new WeakMap<Page, Set<unknown>>();

function followSocket(page: Page): void {
  if (liveSockets.has(page)) return;
  const live = new Set<unknown>();
  liveSockets.set(page, live);
  page.on('websocket', (socket) => {
    if (!new URL(socket.url()).pathname.startsWith('/gateway')) return;
    socket.on('framereceived', ({ payload }) => {
      if (payload.toString().startsWith('{"op":"live"')) live.add(socket);
    });
    socket.on('close', () => live.delete(socket));
  });
}

/** Whether the page's connection has caught up and stands: from here on things happen live. */
export function hasLiveSocket(page: Page): boolean {
  return (liveSockets.get(page)?.size ?? 0) > 0;
}
