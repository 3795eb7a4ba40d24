// The page as a whole: a token, a credential, the ways, the verdict; again when asked.

import { IssueProblem, issue } from './credentials.js';
import { el, icon, say } from './dom.js';
import { MOST_BYTES, MOST_MILLISECONDS } from './burst.js';
import * as parameters from './parameters.js';
import { reasonOf } from './reasons.js';
import { reportData, reportText } from './report.js';
import { run } from './run.js';
import { RATE, SIZE } from './stream.js';
import { arrivals, forget, keep, token } from './token.js';
import { verdictOf } from './verdict.js';
import { Way } from './way.js';
import { WayView } from './way-view.js';

const part = id => document.getElementById(id);
const settings = { seconds: parameters.measuredSeconds, timeout: parameters.timeoutSeconds };

/** What the page knows; tests read it. The state is idle, issuing, running, done, problem or stopped. */
const check = {
  state: 'idle',
  ways: [],
  verdict: null,
  problem: null,
  expires: null,
  at: null,
  settings,
  run: start,
  report: () => reportData(check),
};
window.turnpikeCheck = check;

let current = null;

function startByHand() {
  // What was focused goes; a reader goes on at what comes.
  part('sentence').focus({ preventScroll: true });
  start();
}

async function start() {
  current?.abort(new DOMException('another run begins', 'AbortError'));
  const mine = current = new AbortController();
  Object.assign(check, { ways: [], verdict: null, problem: null, expires: null, at: new Date() });
  part('ways').replaceChildren();
  part('ask').hidden = true;
  try {
    if (!('RTCPeerConnection' in window)) {
      throw new IssueProblem('This browser cannot make calls.', 'WebRTC is missing or switched off.');
    }
    become('issuing', 'busy', 'Asking for credentials …', '');
    const { servers, expires } = await issue(token() ?? '', { realm: part('realm').value.trim(), region: part('region').value.trim(), signal: mine.signal });
    mine.signal.throwIfAborted();
    check.expires = expires;
    check.ways = servers.map(server => new Way(server));
    show(check.ways);
    const open = check.ways.filter(way => !way.isOver).length;
    become('running', 'busy', 'Calling …', open === 1 ? `One way, for ${settings.seconds} s.` : `${open} ways, some at a time, ${settings.seconds} s each.`);
    await run(check.ways, settings, mine.signal);
    if (mine === current && !mine.signal.aborted) {
      check.verdict = verdictOf(check.ways);
      become('done', check.verdict.tone, check.verdict.sentence, check.verdict.detail);
    }
  } catch (error) {
    if (mine === current && !mine.signal.aborted) {
      fail(error);
    }
  }
}

function become(state, tone, sentence, detail) {
  check.state = document.documentElement.dataset.check = state;
  const busy = state === 'issuing' || state === 'running';
  part('verdict').hidden = false;
  part('verdict').dataset.tone = tone;
  part('verdict-icon').replaceChildren(icon(tone));
  say(part('sentence'), sentence);
  say(part('detail'), detail);
  part('progress').hidden = !busy;
  part('actions').hidden = busy;
  document.title = `${sentence} · Turnpike`;
  part('copied').textContent = '';
  part('verdict').querySelector('.by-hand')?.remove();
  progress();
}

function fail(error) {
  current?.abort(error);
  check.ways.forEach(way => way.stop());
  const known = error instanceof IssueProblem;
  check.problem = known ? error : new IssueProblem('Something in this page went wrong.', `${error.name}: ${error.message}`);
  const { title, detail, status, wait } = check.problem;
  const code = status > 0 ? `${detail.replace(/\.$/, '')} (${status}).` : detail;
  become('problem', 'bad', title, wait > 0 ? `${code} It asks to wait ${Math.ceil(wait)} s.` : code);
  if (check.problem.isAboutToken) {
    part('actions').hidden = true;
    askForToken();
  }
}

function show(ways) {
  const views = ways.map(way => new WayView(way, ways, settings.seconds));
  const hosts = Map.groupBy(views.map((view, i) => ({ view, way: ways[i] })), ({ way }) => way.host);
  part('ways').replaceChildren(...[...hosts].map(([host, rows]) => el(
    'section', { class: 'host' },
    el('h3', {}, host, el('span', {}, rows.length === 1 ? '1 way' : `${rows.length} ways`)),
    el('ul', {}, ...rows.map(({ view }) => view.frame)))));
  for (const way of ways) {
    way.addEventListener('sampled', progress);
    way.addEventListener('change', () => {
      progress();
      if (way.isOver) {
        // A reason looks at the neighbours.
        views.filter((_, i) => ways[i].state === 'fails').forEach(view => view.show());
        part('news').textContent = `${way.name}: ${way.state === 'fails' ? `fails, ${reasonOf(way, ways).title}` : way.state}`;
      }
    });
  }
}

// Connecting is the smaller part of it.
function progress() {
  const packets = settings.seconds * RATE;
  const done = check.ways.map(way => way.isOver ? 1 : way.state === 'measuring' ? 0.1 + 0.85 * way.samples.length / packets : 0);
  part('progress').value = done.length === 0 ? 0 : done.reduce((sum, each) => sum + each) / done.length;
}

function askForToken() {
  part('ask').hidden = false;
  part('token').focus();
}

function stop(why) {
  current?.abort(new DOMException(why, 'AbortError'));
  check.ways.forEach(way => way.stop());
  if (check.state === 'running' || check.state === 'issuing') {
    become('stopped', 'mixed', 'The check was stopped.', why);
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    say(part('copied'), 'Copied.');
  } catch {
    // No clipboard over plain http, or not allowed: the text is shown, selected, to be copied by hand.
    const area = el('textarea', { class: 'by-hand', rows: '12', readonly: '', 'aria-label': 'The report' });
    area.value = text;
    part('verdict').querySelector('.by-hand')?.remove();
    part('verdict').append(area);
    area.select();
    say(part('copied'), document.execCommand('copy') ? 'Copied.' : 'The browser does not let the page copy; here it is.');
  }
}

part('ask').addEventListener('submit', event => {
  event.preventDefault();
  keep(part('token').value.trim());
  part('token').value = '';
  part('verdict').hidden = false;
  startByHand();
});
part('reveal').addEventListener('click', () => {
  const shown = part('token').type === 'password';
  part('token').type = shown ? 'text' : 'password';
  part('reveal').setAttribute('aria-pressed', shown);
  part('reveal').textContent = shown ? 'Hide' : 'Show';
});
part('again').addEventListener('click', startByHand);
part('copy-text').addEventListener('click', () => copy(reportText(reportData(check))));
part('copy-json').addEventListener('click', () => copy(JSON.stringify(reportData(check), null, 2)));
part('other-token').addEventListener('click', () => {
  forget();
  askForToken();
});
arrivals.addEventListener('change', start);
addEventListener('pagehide', () => stop('The page was left; run it again to see the rest.'));
addEventListener('error', ({ error, message }) => fail(error ?? new Error(message)));
addEventListener('unhandledrejection', ({ reason }) => fail(reason instanceof Error ? reason : new Error(String(reason))));

part('realm').value = parameters.realm;
part('region').value = parameters.region;
part('method-numbers').textContent = `Over it run ${RATE} numbered packets of ${SIZE} bytes a second for ${settings.seconds} s, which the far end sends back, and then, with `
  + `the other rows at rest, a burst of at most ${MOST_BYTES / 1024} KiB in at most ${MOST_MILLISECONDS / 1000} s. In all that is less than a megabyte a row of what quotas count.`;
if (token()) {
  start();
} else {
  askForToken();
}
