/** The negative control: what the fixture watches for is really noticed. Without it a silent net would look clean. */
import { expect, open, test } from './fixture';

test('a console error, an uncaught error, a policy violation and a broken answer each fail a test', async ({ page, faults }) => {
  for (const pattern of [/said aloud/, /thrown/, /policy violated|violates/, /503/]) faults.expect(pattern);
  const before = (): string => JSON.stringify(faults.all);
  await open(page, '/login');
  await page.route('**/api/broken', (route) => route.fulfill({ status: 503, body: '' }));
  await page.evaluate(async () => {
    console.error('said aloud');
    setTimeout(() => {
      throw new Error('thrown');
    }, 0);
    const button = document.createElement('button');
    button.setAttribute('onclick', 'document.title = "owned"');
    document.body.append(button);
    button.click();
    document.body.append(Object.assign(new Image(), { src: 'https://pictures.example/spy.png' }));
    await fetch('/api/broken');
  });
  await expect.poll(before).toContain('console: said aloud');
  await expect.poll(before).toContain('uncaught: Error: thrown');
  await expect.poll(before).toContain('console: policy violated: script-src-attr');
  await expect.poll(before).toContain('console: policy violated: img-src by https://pictures.example/spy.png');
  await expect.poll(before).toContain('answer: 503 GET');
  await expect(page).not.toHaveTitle('owned');
});
