/** axe-core over a page as it stands. */
import { readFileSync } from 'node:fs';
import type AxeCore from 'axe-core';
import type { Page } from '@playwright/test';
import { expect } from './fixture';

const SOURCE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

declare global {
  interface Window {
    axe: typeof AxeCore;
  }
}

/** The rule, the element and the reason of every violation. */
export async function violations(page: Page): Promise<string[]> {
  // Evaluated, not added as a script: the page's policy stays in force.
  await page.evaluate(SOURCE);
  return page.evaluate(async (values) => {
    const result = await window.axe.run(document, { runOnly: { type: 'tag', values }, resultTypes: ['violations'] });
    return result.violations.flatMap((violation) =>
      violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
    );
  }, TAGS);
}

/** Fails the test, at its end, with every violation. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  expect.soft(await violations(page), what).toEqual([]);
}
