// Grafana's dashboards without Grafana: reads the JSON that the chart ships and draws the panels from the Prometheus that serves this page. What is chosen
// stands in the address, so that a reload and a link show the same.
import { html } from './dom.js';
import { Panel } from './panels/index.js';
import { scrapeInterval } from './prometheus.js';
import { ALL, resolve } from './variables.js';

const RANGES = { 'now-5m': 300, 'now-15m': 900, 'now-1h': 3600, 'now-3h': 10800, 'now-6h': 21600, 'now-24h': 86400 };
const REFRESH = { off: 0, '5s': 5, '10s': 10, '30s': 30, '1m': 60 };
const POINTS = 200;

const byId = id => document.getElementById(id);
const address = () => new URLSearchParams(location.search);
const choice = (values, wanted, fallback) => wanted in values ? wanted : fallback;

let boards = [];
let scrape = 15;
let panels = [];
let running;
let shown = 0;
let timer;

function theme(wanted) {
  const dark = wanted ?? localStorage.getItem('theme') ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  document.documentElement.dataset.theme = dark;
  return dark;
}

function go(changes) {
  const parameters = address();
  for (const [name, value] of Object.entries(changes)) {
    parameters.set(name, value);
  }
  history.pushState(null, '', `?${parameters}`);
  show();
}

const select = (title, name, options, value) => html('label', {}, title,
  html('select', { name, onchange: event => go({ [name]: event.target.value }) },
    ...options.map(([each, text]) => html('option', { value: each, selected: each === value }, text))));

function showControls(board, variables, from, refresh) {
  const keep = [...address()].filter(([name]) => name !== 'd');
  byId('boards').replaceChildren(
    ...boards.map(each => html('a', { href: `?${new URLSearchParams([['d', each.uid], ...keep])}`, 'aria-current': each === board && 'page' },
      each.title.replace('Turnpike / ', ''))),
    html('a', { href: '/alerts' }, 'Alerts'),
    html('a', { href: '/graph' }, 'Prometheus'));
  byId('controls').replaceChildren(
    ...variables.filter(({ type }) => type === 'query').map(each =>
      select(each.label, `var-${each.name}`, each.values.map(value => [value, value === ALL ? 'All' : value]), each.value)),
    select('Last', 'from', Object.keys(RANGES).map(name => [name, name.replace('now-', '')]), from),
    select('Refresh', 'refresh', Object.keys(REFRESH).map(name => [name, name]), refresh),
    html('button', {
      type: 'button',
      onclick: () => localStorage.setItem('theme', theme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark')),
    }, 'Light or dark'));
}

function showPanels(board) {
  const elements = [];
  panels = [];
  let row = [];
  for (const definition of board.panels) {
    if (definition.type === 'row') {
      const inRow = row = [];
      elements.push(html('button', {
        class: 'row', type: 'button', 'aria-expanded': 'true',
        onclick: ({ currentTarget }) => {
          const open = currentTarget.getAttribute('aria-expanded') === 'false';
          currentTarget.setAttribute('aria-expanded', open);
          inRow.forEach(({ element }) => { element.style.display = open ? '' : 'none'; });
        },
      }, definition.title));
    } else {
      const panel = new Panel(definition);
      panels.push(panel);
      row.push(panel);
      elements.push(panel.element);
    }
  }
  byId('panels').replaceChildren(...elements);
}

async function read(variables, from) {
  running?.abort();
  const controller = running = new AbortController();
  const seconds = RANGES[from];
  const step = Math.max(scrape, Math.ceil(seconds / POINTS));
  // Whole steps, so that a line keeps its shape from one reading to the next.
  const end = Math.floor(Date.now() / 1000 / step) * step;
  const time = { start: end - seconds, end, step, rate: Math.ceil(Math.max(4 * scrape, step + scrape)) };
  document.body.dataset.reading = 'true';
  await Promise.all(panels.map(panel => panel.refresh({ variables, time, from }, controller.signal)));
  if (!controller.signal.aborted) {
    document.body.dataset.reading = 'false';
  }
}

async function show() {
  clearInterval(timer);
  const mine = ++shown;
  const parameters = address();
  const board = boards.find(({ uid }) => uid === parameters.get('d')) ?? boards[0];
  const from = choice(RANGES, parameters.get('from'), 'now-5m');
  const refresh = choice(REFRESH, parameters.get('refresh'), '5s');
  document.title = board.title;
  byId('description').textContent = board.description;
  try {
    const variables = await resolve(board.templating.list, name => parameters.get(`var-${name}`));
    if (mine !== shown) {
      return; // Something else has been chosen meanwhile.
    }
    showControls(board, variables, from, refresh);
    showPanels(board);
    byId('trouble').hidden = true;
    await read(variables, from);
    if (mine === shown && REFRESH[refresh] > 0) {
      timer = setInterval(() => read(variables, from), REFRESH[refresh] * 1000);
    }
  } catch (problem) {
    if (mine !== shown) {
      return;
    }
    byId('trouble').textContent = `Prometheus does not answer: ${problem.message}`;
    byId('trouble').hidden = false;
    timer = setTimeout(show, 5000);
  }
}

// Links between dashboards stay on the page.
document.addEventListener('click', event => {
  const link = event.target.closest?.('a[href^="?"]');
  if (link && !event.ctrlKey && !event.metaKey && event.button === 0) {
    event.preventDefault();
    history.pushState(null, '', link.getAttribute('href'));
    show();
  }
});
addEventListener('popstate', show);

theme();
const names = await (await fetch('dashboards/index.json')).json();
boards = await Promise.all(names.map(async name => (await fetch(`dashboards/${name}`)).json()));
scrape = await scrapeInterval();
await show();
