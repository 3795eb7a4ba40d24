// One way as a row that opens to its details.

import { el, icon, say } from './dom.js';
import { milliseconds, percent, rate } from './figures.js';
import { Plot } from './plot.js';
import { reasonOf } from './reasons.js';
import { RATE, SIZE } from './stream.js';

const STATES = {
  waiting: ['Waiting', 'wait'],
  connecting: ['Connecting', 'busy'],
  measuring: ['Measuring', 'busy'],
  works: ['Works', 'good'],
  fails: ['Fails', 'bad'],
  skipped: ['Not tried', 'none'],
  stopped: ['Stopped', 'none'],
};

const NOTE_DTLS = 'Browsers do not speak TURN over DTLS; other WebRTC clients do.';
const REDRAW = 200;

// How high the mark of a lost packet is, of 100.
const SMALL_MARK = 16;
const LARGE_MARK = 6;

const spreadOf = spread => spread ? `least ${milliseconds(spread.min)}, median ${milliseconds(spread.median)}, 95 % within ${milliseconds(spread.p95)}` : 'nothing came back';

export class WayView {
  #way;
  #ways;
  #seconds;
  #state = el('span', { class: 'way-state' });
  #icon = el('span', { class: 'way-icon' });
  #reason = el('p', { class: 'way-reason', hidden: '' });
  #numbers = {};
  #plot = new Plot(SMALL_MARK);
  #facts = el('dl', { class: 'facts' });
  #scale = el('span', { class: 'axis-top' });
  #large = new Plot(LARGE_MARK, this.#scale);
  #drawn = 0;

  constructor(way, ways, seconds) {
    this.#way = way;
    this.#ways = ways;
    this.#seconds = seconds;
    const number = (key, label) => {
      this.#numbers[key] = el('span', { class: 'number-value' }, '–');
      return el('span', { class: 'number' }, el('span', { class: 'number-label' }, label), this.#numbers[key]);
    };
    const summary = el(
      'summary', { class: 'way-row' },
      this.#icon,
      el('span', { class: 'way-name' },
        el('span', { class: 'way-title' }, el('strong', {}, way.transport), way.family ? el('span', { class: 'pill' }, way.family) : '', this.#state),
        el('code', { class: 'way-url' }, way.url)),
      number('roundTrip', 'Round trip'), number('lost', 'Loss'), number('jitter', 'Jitter'), number('rate', 'Throughput'),
      el('span', { class: 'way-plot' }, this.#plot.element),
      el('span', { class: 'way-more', 'aria-hidden': 'true' }));
    this.element = el(
      'details', { class: 'way', 'data-url': way.url },
      summary,
      el('div', { class: 'way-details' },
        el('figure', { class: 'chart' },
          el('figcaption', {}, 'Round trip of each packet; lost ones are marked below'),
          el('div', { class: 'chart-area' }, this.#scale, el('span', { class: 'axis-zero' }, '0'), this.#large.element),
          el('div', { class: 'axis' }, el('span', {}, '0 s'), el('span', {}, `${seconds} s`))),
        this.#facts));
    this.frame = el('li', {}, this.element, this.#reason);
    way.addEventListener('change', () => this.show());
    way.addEventListener('sampled', () => this.#sampled());
    this.show();
  }

  /** Shows all of it; the reasons of one way can change with what becomes of the others. */
  show() {
    const { state, figures, bulk } = this.#way;
    const [word, picture] = STATES[state];
    const lossy = state === 'works' && figures.lost > 0.03;
    this.frame.dataset.tone = this.element.dataset.tone = lossy ? 'mixed' : picture;
    this.element.dataset.state = state;
    say(this.#state, lossy ? 'Works, with loss' : word);
    this.#icon.replaceChildren(icon(lossy ? 'mixed' : picture));
    this.#numbers.roundTrip.textContent = milliseconds(figures?.roundTrip?.median);
    this.#numbers.lost.textContent = figures ? percent(figures.lost) : '–';
    this.#numbers.jitter.textContent = milliseconds(figures?.jitter);
    this.#numbers.rate.textContent = bulk?.bitsPerSecond ? rate(bulk.bitsPerSecond) : '–';
    this.#draw();
    this.#explain();
    this.#facts.replaceChildren(...this.#rows().flatMap(([label, ...text]) => [el('dt', {}, label), el('dd', {}, ...text)]));
  }

  #sampled() {
    const now = performance.now();
    if (now - this.#drawn > REDRAW && !document.hidden) {
      this.#drawn = now;
      this.#draw();
      const { samples } = this.#way;
      this.#numbers.roundTrip.textContent = milliseconds(samples.findLast(sample => sample.roundTrip !== null)?.roundTrip);
      this.#numbers.lost.textContent = percent(samples.filter(sample => sample.lost).length / samples.length);
    }
  }

  #draw() {
    this.#plot.draw(this.#way.samples, this.#seconds);
    this.#large.draw(this.#way.samples, this.#seconds);
  }

  #explain() {
    const { state } = this.#way;
    this.#reason.hidden = state !== 'fails' && state !== 'skipped';
    if (state === 'skipped') {
      this.#reason.replaceChildren(NOTE_DTLS);
    } else if (state === 'fails') {
      const { title, text } = reasonOf(this.#way, this.#ways);
      this.element.dataset.reason = title;
      this.#reason.replaceChildren(el('strong', {}, title), ` ${text}`);
    }
  }

  #rows() {
    const { url, relayed, reflexive, relayProtocol, pairRoundTrip, connectMilliseconds, figures, bulk, transport, state, failure, tries } = this.#way;
    const rows = [['Address', el('code', {}, url)]];
    if (relayed.length > 0) {
      rows.push(['Relayed address', el('code', {}, relayed.join(', '))]);
    }
    if (transport === 'UDP' && state === 'works') {
      rows.push(['You, as the edge sees you', reflexive ? el('code', {}, reflexive) : 'not found out']);
    }
    if (failure) {
      rows.push(['What the browser says', failure.code ? `${failure.code} ${failure.text}`.trim() : failure.text || 'nothing']);
    }
    if (tries > 1) {
      rows.push(['Tried', `${tries} times: beside the other rows the edge had no room for it`]);
    }
    if (figures) {
      const { roundTrip, oneWay, sent, arrived, echoed, returned, held, seconds, jitter, paused } = figures;
      rows.push(
        ['Relay protocol', relayProtocol ? `${relayProtocol}, as the browser reports it` : 'not reported by this browser'],
        ['Connected after', milliseconds(connectMilliseconds)],
        ['Round trip', spreadOf(roundTrip)],
        ['Round trip by the browser', `${milliseconds(pairRoundTrip)}, from its own check of the path`],
        ['One way', spreadOf(oneWay)],
        ['Loss', `${sent - arrived} of ${sent} packets (${percent(figures.lost)}); on the way back ${echoed - returned} of ${echoed} (${percent(figures.lostBack)})`],
        ['Jitter', `${milliseconds(jitter)} over ${seconds} s at ${RATE} packets of ${SIZE} bytes a second`]);
      if (held > 0) {
        rows.push(['Not sent', `${held} packets, which the browser held back while earlier ones were not through`]);
      }
      if (paused > 0) {
        rows.push(['Left out', `${milliseconds(paused)} in which this page was stopped`]);
      }
    }
    if (bulk) {
      const lost = bulk.lost > 0 ? `, ${percent(bulk.lost)} lost` : '';
      rows.push(['Throughput', bulk.bitsPerSecond
        ? `at least ${rate(bulk.bitsPerSecond)}: ${Math.round(bulk.bytes / 1024)} KiB in ${milliseconds(bulk.milliseconds)}, one way${lost}`
        : 'nothing arrived']);
    }
    return rows;
  }
}
