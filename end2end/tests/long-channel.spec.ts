/** A channel with thousands of messages: opens at once, scrolls both ways, and nothing under the eye moves. */
import type { Page } from '@playwright/test';
import { fill } from './calls';
import { expect, gather, hydrated, test } from './fixture';
import { message, messages } from './gestures';

const MESSAGES = 3_000;
/** More are not kept in the page. */
const ROWS = 200;
/** Pixels the row under the eye may move while others come and go. */
const DRIFT = 2;

interface Step {
  /** How far the words in view moved although nobody scrolled. */
  drift: number;
  rows: number;
  oldest: string;
  newest: string;
}

/**
 * Scrolls by `pixels`, waits until nothing is being loaded any more, and says how far the row in view has moved
 * meanwhile.
 */
async function scroll(page: Page, pixels: number): Promise<Step> {
  return page.evaluate(async (by) => {
    // The moment before a frame is painted, when every animation frame callback has had its say: what is measured
    // then is what is seen. A size that changes in each frame makes the observer run in each.
    const probe = document.createElement('i');
    Object.assign(probe.style, { position: 'fixed', height: '1px', width: '1px', visibility: 'hidden' });
    document.body.append(probe);
    const frame = (): Promise<unknown> =>
      new Promise((done) => {
        requestAnimationFrame(() => {
          const observer = new ResizeObserver(() => {
            observer.disconnect();
            done(null);
          });
          observer.observe(probe);
        });
      });
    const rows = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('[role="group"][aria-label^="Messages in"] article')];
    const first = rows()[0];
    let scroller = first?.parentElement;
    while (scroller && !(scroller.scrollHeight > scroller.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(scroller).overflowY))) {
      scroller = scroller.parentElement;
    }
    if (!first || !scroller) throw new Error('there is nothing to scroll');
    scroller.scrollBy({ top: by, behavior: 'instant' });
    const frameTop = scroller.getBoundingClientRect().top;
    const middle = frameTop + scroller.clientHeight / 2;
    const anchor = rows().find((row) => row.getBoundingClientRect().bottom > middle);
    if (!anchor) throw new Error('no row in view');
    // The words: a row may lose its head, the name above them, when the row before it comes.
    const words = anchor.querySelector('.message__body') ?? anchor;
    const top = words.getBoundingClientRect().top;
    document.dispatchEvent(new Event('measuring'));
    let drift = 0;
    // Ten quiet frames: nothing was added, removed or announced as busy in any of them.
    for (let quiet = 0, before = ''; quiet < 10; ) {
      await frame();
      const all = rows();
      const state = `${all.length} ${all[0]?.id} ${all.at(-1)?.id}`;
      const busy = document.querySelector('[role="group"][aria-busy="true"]') !== null;
      quiet = state === before && !busy ? quiet + 1 : 0;
      before = state;
      if (anchor.isConnected) drift = Math.max(drift, Math.abs(words.getBoundingClientRect().top - top));
      else throw new Error('the row in view was taken away');
    }
    probe.remove();
    const text = (row: HTMLElement | undefined): string => /line \d+/.exec(row?.textContent ?? '')?.[0] ?? '';
    const all = rows();
    return { drift, rows: all.length, oldest: text(all[0]), newest: text(all.at(-1)) };
  }, pixels);
}

test('a channel of thousands opens fast and scrolls to its beginning and back without a jump', async ({ room, ana }, info) => {
  test.setTimeout(180_000);
  await fill(ana.request, room.guild.system_channel_id, MESSAGES);
  await ana.page.goto('/channels/@me');
  const started = Date.now();
  await ana.page.goto(room.path, { waitUntil: 'commit' });
  await expect(message(ana.page, `line ${MESSAGES}`)).toBeInViewport();
  const shown = Date.now() - started;
  await hydrated(ana.page);
  const interactive = Date.now() - started;
  info.annotations.push({ type: 'opening', description: `shown ${shown} ms, interactive ${interactive} ms` });
  console.log(`a channel of ${MESSAGES}: shown after ${shown} ms, interactive after ${interactive} ms`);
  expect(shown).toBeLessThan(2_000);

  let most = 0;
  let worst = 0;
  const note = (step: Step): Step => {
    most = Math.max(most, step.rows);
    worst = Math.max(worst, step.drift);
    expect.soft(step.drift, `drift around ${step.oldest}`).toBeLessThanOrEqual(DRIFT);
    return step;
  };
  let step = note(await scroll(ana.page, -500));
  for (let count = 0; step.oldest !== 'line 1' && count < 400; count++) step = note(await scroll(ana.page, -700));
  expect(step.oldest, 'the beginning was reached').toBe('line 1');
  for (let count = 0; step.newest !== `line ${MESSAGES}` && count < 400; count++) step = note(await scroll(ana.page, 700));
  expect(step.newest, 'and the end').toBe(`line ${MESSAGES}`);
  console.log(`scrolled through ${MESSAGES} messages: at most ${most} rows, drift at most ${worst} px`);
  expect(most).toBeLessThanOrEqual(ROWS);
});

test('the measure of jumps notices one of 30 px', async ({ room, ana }) => {
  // All of one page: while older ones are loaded, the list would put back whatever has moved.
  await fill(ana.request, room.guild.system_channel_id, 40);
  await gather(room.path, ana);
  await ana.page.evaluate(() => {
    const content = document.querySelector<HTMLElement>('.timeline__content');
    const push = (frames: number): void => {
      if (frames > 0) requestAnimationFrame(() => push(frames - 1));
      else if (content) content.style.translate = '0 30px';
    };
    // Not when it is scrolled: an earlier scroll may still be to be told, and the jump would come before it is measured.
    document.addEventListener('measuring', () => push(3), { once: true });
  });
  expect((await scroll(ana.page, -300)).drift).toBeGreaterThan(25);
});

test('the wheel loads older pages and the row under the pointer stays', async ({ room, ana }) => {
  await fill(ana.request, room.guild.system_channel_id, 150);
  await gather(room.path, ana);
  await expect(message(ana.page, 'line 150')).toBeInViewport();
  const rows = messages(ana.page).getByRole('article');
  await expect(rows).toHaveCount(50);
  await messages(ana.page).hover();
  await expect(async () => {
    await ana.page.mouse.wheel(0, -400);
    expect(await rows.count()).toBeGreaterThan(100);
  }).toPass();
  await expect(messages(ana.page)).toHaveAttribute('aria-busy', 'false');
  // The way back comes up under the pointer: the wheel goes on over it.
  await ana.page.getByRole('button', { name: 'Back to now' }).hover();
  const place = (): Promise<number> => messages(ana.page).evaluate((scroller) => scroller.scrollTop);
  const before = await place();
  await ana.page.mouse.wheel(0, 300);
  await expect.poll(place, 'once, whether or not the browser still turns').toBe(before + 300);
});
