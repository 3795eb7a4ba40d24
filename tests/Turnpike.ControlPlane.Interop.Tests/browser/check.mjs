// Usage: node check.mjs REQUEST, a JSON text:
//   { "trustedKeys": ["…"], "screenshots": "DIR" or null, "deadlineSeconds": 60,
//     "visits": [{ "name": "…", "url": "…/check#token=…", "typed": "TOKEN", "kill": PID, "through": "turn:…" }],
//     "answers": { "url": "…", "each": [{ "name": "…", "status": 503, "type": "application/json", "body": "…" }] },
//     "verdicts": { "url": "…", "cases": { "NAME": [WAY, …] } }, "leave": { "url": "…" } }
// Opens the control plane's connectivity check in headless Chromium, once for each visit: one after the other at one control plane, at
// the same time at different ones. Prints one line of JSON: what each visit saw, or { "error": … }. A visit may type a token once the
// page asks for one, end an edge (by process id) as soon as the page has its credentials, and have them used at another URL than their
// own. The answers stand in for the control plane's own, one after the other. The verdicts are asked of the page's own module about ways
// that nobody tried. Leaving is going to another page during a check, and coming back.
import { createRequire } from 'node:module';

const { chromium } = createRequire(new URL('../../Turnpike.Interop.Tests/browser/', import.meta.url))('playwright-core');
const request = JSON.parse(process.argv[2]);
const ISSUE = '**/v1/credentials:issue';

const state = tab => tab.evaluate(() => window.turnpikeCheck?.state);

async function reaches(tab, ...states) {
  await tab.waitForFunction(wanted => wanted.includes(window.turnpikeCheck?.state), states, { timeout: request.deadlineSeconds * 1000, polling: 50 });
}

// What a page must not do: break its own content policy, or throw.
function listen(tab) {
  const complaints = [];
  tab.on('console', message => message.type() === 'error' && !message.text().startsWith('Failed to load resource') && complaints.push(message.text()));
  tab.on('pageerror', error => complaints.push(error.message));
  return complaints;
}

// All tabs have one clipboard.
let lastAlone = Promise.resolve();
function alone(work) {
  const mine = lastAlone.then(work);
  lastAlone = mine.catch(() => null);
  return mine;
}

async function picture(tab, name) {
  if (request.screenshots) {
    await tab.screenshot({ path: `${request.screenshots}/${name}.png`, fullPage: true });
  }
}

async function visit(browser, { name, url, typed, kill, through }) {
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
  const tab = await context.newPage();
  const complaints = listen(tab);
  const requests = [];
  tab.on('request', each => requests.push(each.url()));
  if (kill || through) {
    await tab.route(ISSUE, async route => {
      const response = await route.fetch();
      const issued = await response.json();
      if (kill) {
        process.kill(kill, 'SIGKILL');
      }
      const iceServers = through ? [{ ...issued.iceServers.at(-1), urls: [through] }] : issued.iceServers;
      await route.fulfill({ response, json: { ...issued, iceServers } });
    });
  }
  await tab.goto(url);
  const result = { complaints };
  if (typed) {
    await reaches(tab, 'problem');
    result.refused = await tab.evaluate(() => ({ sentence: sentence.textContent, detail: detail.textContent, focused: document.activeElement.id }));
    await picture(tab, `${name}-refused`);
    await tab.keyboard.type(typed);
    await tab.keyboard.press('Enter');
    await reaches(tab, 'issuing', 'running', 'done');
  }
  await reaches(tab, 'done', 'problem');
  await picture(tab, name);
  if (await state(tab) === 'problem') {
    throw new Error(`${name}: ${await tab.evaluate(() => `${sentence.textContent} ${detail.textContent}`)}`);
  }
  Object.assign(result, await tab.evaluate(() => ({
    address: location.href,
    sentence: sentence.textContent,
    detail: detail.textContent,
    report: window.turnpikeCheck.report(),
    shown: Object.fromEntries([...document.querySelectorAll('.way')].map(way => [way.dataset.url, way.parentElement.innerText])),
  })));
  // By keyboard: the first row opens, and the report is copied.
  await tab.locator('.way-row').first().focus();
  await tab.keyboard.press('Enter');
  result.opened = await tab.locator('.way-details').first().innerText();
  result.copied = await alone(async () => {
    await tab.locator('#copy-text').focus();
    await tab.keyboard.press('Enter');
    await tab.waitForFunction(() => copied.textContent !== '');
    return await tab.evaluate(() => navigator.clipboard.readText());
  });
  result.requests = requests;
  await context.close();
  return result;
}

async function answers(browser, { url, each }) {
  const tab = await browser.newPage();
  const complaints = listen(tab);
  let answer = null;
  await tab.route(ISSUE, route => answer.status === 0
    ? route.abort('connectionrefused')
    : route.fulfill({ status: answer.status, contentType: answer.type, body: answer.body }));
  const seen = {};
  for (answer of each) {
    if (Object.keys(seen).length === 0) {
      await tab.goto(url);
    } else {
      await tab.evaluate(() => { window.turnpikeCheck.run(); });
    }
    await reaches(tab, 'problem', 'done');
    seen[answer.name] = await tab.evaluate(() => ({ sentence: sentence.textContent, detail: detail.textContent, asks: !ask.hidden }));
    await picture(tab, `answer-${answer.name}`);
  }
  await tab.close();
  return { complaints, seen };
}

async function verdicts(browser, { url, cases }) {
  const tab = await browser.newPage();
  await tab.goto(url);
  const said = await tab.evaluate(async ways => {
    const { verdictOf } = await import('/check/verdict.js');
    return Object.fromEntries(Object.entries(ways).map(([name, each]) => [name, verdictOf(each)]));
  }, cases);
  await tab.close();
  return said;
}

async function leave(browser, { url }) {
  const tab = await browser.newPage();
  const complaints = listen(tab);
  await tab.goto(url);
  await reaches(tab, 'running');
  await tab.goto(new URL('/health/live', url).href);
  await tab.goBack();
  await reaches(tab, 'stopped', 'done');
  const returned = await state(tab);
  if (returned !== 'done') {
    await tab.evaluate(() => { window.turnpikeCheck.run(); });
    await reaches(tab, 'done');
  }
  const again = await tab.evaluate(() => sentence.textContent);
  await tab.close();
  return { complaints, returned, again };
}

let result;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  chromiumSandbox: false,
  args: [
    '--allow-loopback-in-peer-connection',
    // Certificates that no authority signed, by the base64 SHA-256 of their keys; --ignore-certificate-errors does not reach TURN.
    `--ignore-certificate-errors-spki-list=${request.trustedKeys.join(',')}`,
  ],
});
try {
  result = { visits: {} };
  const planes = new Set(request.visits.map(({ url }) => new URL(url).origin));
  await Promise.all([...planes].map(async plane => {
    for (const each of request.visits.filter(({ url }) => new URL(url).origin === plane)) {
      result.visits[each.name] = await visit(browser, each);
    }
  }));
  result.answers = await answers(browser, request.answers);
  result.verdicts = await verdicts(browser, request.verdicts);
  result.left = await leave(browser, request.leave);
} catch (error) {
  result = { error: error.message };
}
await browser.close();
console.log(JSON.stringify(result));
