// Usage: node boards.mjs REQUEST, a JSON text: { "url": "http://HOST:PORT/" of a Prometheus that serves charts/observe/page, "screenshots": "DIR" or null }
// Opens every dashboard in headless Chromium, follows a link from an edge in the overview, changes the theme, and prints one line of JSON: the state of
// each panel, where the link led, and what the page should not have done (errors, and requests to elsewhere).
import { createRequire } from 'node:module';

const { chromium } = createRequire(new URL('../../Turnpike.Interop.Tests/browser/', import.meta.url))('playwright-core');
const request = JSON.parse(process.argv[2]);
const WIDTH = 1500;
const TIMEOUT = 60_000;

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', chromiumSandbox: false });
const page = await browser.newPage({ viewport: { width: WIDTH, height: 1000 }, colorScheme: 'dark' });
page.setDefaultTimeout(TIMEOUT);
const complaints = [];
// A request that failed is asked again, or shows as a panel's error.
page.on('console', message => message.type() === 'error' && !message.text().startsWith('Failed to load resource') && complaints.push(message.text()));
page.on('pageerror', error => complaints.push(error.message));
page.on('request', asked => !asked.url().startsWith(request.url) && !asked.url().startsWith('data:') && complaints.push(asked.url()));

const read = () => page.waitForFunction(() => document.body.dataset.reading === 'false');
const theme = () => page.evaluate(() => document.documentElement.dataset.theme);

async function picture(name) {
  if (request.screenshots) {
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width: WIDTH, height });
    await page.screenshot({ path: `${request.screenshots}/${name}.png` });
    await page.setViewportSize({ width: WIDTH, height: 1000 });
  }
}

await page.goto(new URL('/user/?refresh=off', request.url).href);
await page.waitForSelector('#boards a[aria-current]');
const panels = [];
const names = await page.$$eval('#boards a[href^="?"]', links => links.map(link => new URLSearchParams(link.getAttribute('href')).get('d')));
for (const uid of names) {
  await page.click(`#boards a[href*="${uid}"]`);
  await page.waitForSelector(`#boards a[aria-current][href*="${uid}"]`);
  await read();
  const name = uid.replace('turnpike-', '');
  panels.push(...await page.$$eval('.panel', all => all.map(({ dataset }) => ({ name: dataset.title, state: dataset.state })))
    .then(all => all.map(panel => ({ ...panel, name: `${name}: ${panel.name}` }))));
  await picture(name);
}

await page.click('#boards a[href*="turnpike-fleet"]');
await page.waitForSelector('#boards a[aria-current][href*="turnpike-fleet"]');
await read();
const edge = page.locator('.panel[data-title="Edges side by side"] td a').first();
const clicked = await edge.textContent();
await edge.click();
await page.waitForSelector('select[name="var-edge"]');
await page.waitForFunction(() => document.title.endsWith('Edge'));
await page.waitForFunction(wanted => document.querySelector('select[name="var-edge"]')?.value === wanted, clicked);
await read();
const followed = `${await page.title()} of ${await page.locator('select[name="var-edge"]').inputValue()}`;
const themes = [await theme()];
await page.click('button:has-text("Light or dark")');
themes.push(await theme());
await picture('edge-light');
await browser.close();
console.log(JSON.stringify({ complaints, panels, clicked, followed, themes }));
