/**
 * How the browser tests run. `cargo xtask test e2e` builds the release, picks a free port and calls this;
 * by hand, after `cargo xtask build`: `npx playwright test` in this folder.
 *
 * Read from the environment: HARMONY_BIN, HARMONY_SITE, HARMONY_E2E_PORT, CHROMIUM, PLAYWRIGHT_JSON_OUTPUT_NAME, CI.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { defineConfig, devices, type ReporterDescription } from '@playwright/test';

const root = resolve(__dirname, '..');
const binary = process.env.HARMONY_BIN ?? join(root, 'target/release/harmony');
const site = process.env.HARMONY_SITE ?? join(root, 'target/site');
const port = process.env.HARMONY_E2E_PORT ?? '3100';
const origin = `http://127.0.0.1:${port}`;

/** The browser that is installed; nothing is ever downloaded. */
function chromium(): string | undefined {
  const places = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map((name) => `/usr/bin/${name}`);
  return process.env.CHROMIUM ?? places.find((place) => existsSync(place));
}

/** One fresh state folder per run: workers load this file again and find the variable set. */
function stateFolder(): string {
  const inherited = process.env.HARMONY_E2E_STATE;
  if (inherited) return inherited;
  const folder = mkdtempSync(join(tmpdir(), 'harmony-e2e-'));
  process.env.HARMONY_E2E_STATE = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * High enough that no test meets a limit by accident: all of them come from one address.
 * `login-failures-per-account` keeps its default, so that one test can meet it on purpose.
 */
const limits = {
  HARMONY_LIMIT_SENDS_PER_SECOND: '1000',
  HARMONY_LIMIT_SENDS_BURST: '10000',
  HARMONY_LIMIT_READS_PER_SECOND: '1000',
  HARMONY_LIMIT_READS_BURST: '10000',
  HARMONY_LIMIT_SEARCHES_BURST: '10000',
  HARMONY_LIMIT_PROFILE_CHANGES_BURST: '10000',
  HARMONY_LIMIT_SOCKETS_PER_MINUTE: '10000',
  HARMONY_LIMIT_LOGIN_TRIES_PER_ADDRESS: '100000',
  HARMONY_LIMIT_REGISTRATIONS_PER_ADDRESS: '100000',
  HARMONY_LIMIT_INVITE_LOOKUPS_PER_MINUTE: '100000',
  HARMONY_LIMIT_CONNECTIONS_PER_USER: '1000',
  HARMONY_LIMIT_CONNECTIONS_PER_ADDRESS: '10000',
};

const reporter: ReporterDescription[] = [['line']];
if (process.env.PLAYWRIGHT_JSON_OUTPUT_NAME) {
  reporter.push(['json', { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_NAME }]);
}

const desktop = { ...devices['Desktop Chrome'], viewport: { width: 1440, height: 900 } };

export default defineConfig({
  testDir: './tests',
  outputDir: './test-results',
  // One server and one database for all of them.
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  // Long enough for a machine that builds something else at the same time; what is timed is timed in the tests.
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // A test that passes the second time is a failure to explain, not noise to hide.
  retries: 0,
  reporter,
  use: {
    baseURL: origin,
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromium(),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
  webServer: {
    command: `exec ${JSON.stringify(binary)}`,
    cwd: root,
    url: `${origin}/healthz`,
    reuseExistingServer: false,
    timeout: 30_000,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 10_000 },
    stdout: 'pipe',
    stderr: 'pipe',
    env: {
      LEPTOS_SITE_ADDR: `127.0.0.1:${port}`,
      LEPTOS_SITE_ROOT: site,
      HARMONY_DATA_DIR: stateFolder(),
      HARMONY_LOG: process.env.HARMONY_LOG ?? 'warn',
      ...limits,
    },
  },
  projects: [
    {
      name: 'hydrated',
      testMatch: '**/*.spec.ts',
      testIgnore: ['**/*.nojs.spec.ts', '**/*.mobile.spec.ts'],
      use: desktop,
    },
    {
      name: 'mobile',
      testMatch: '**/*.mobile.spec.ts',
      use: { ...desktop, viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
    },
    {
      name: 'nojs',
      testMatch: '**/*.nojs.spec.ts',
      use: { ...desktop, javaScriptEnabled: false },
    },
  ],
});
