// The round trip of each packet over time, and a mark for each that was lost.

import { svg } from './dom.js';
import { milliseconds } from './figures.js';

const WIDTH = 1000;
const HEIGHT = 100;

// Round figures for the top of the scale.
const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

export class Plot {
  #line = svg('path', { class: 'plot-line', 'vector-effect': 'non-scaling-stroke' });
  #lost = svg('path', { class: 'plot-lost', 'vector-effect': 'non-scaling-stroke' });
  #mark;
  #top;

  /**
   * @param {number} mark how high a mark is, of 100
   * @param {HTMLElement} [top] is told the top of the scale
   */
  constructor(mark, top = null) {
    this.#mark = mark;
    this.#top = top;
    const grid = svg('path', { class: 'plot-grid', d: `M0 .5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}`, 'vector-effect': 'non-scaling-stroke' });
    this.element = svg(
      'svg', { class: 'plot', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': 'No packets yet' }, grid, this.#line, this.#lost);
  }

  /**
   * @param {import('./stream.js').Sample[]} samples
   * @param {number} seconds the whole width
   */
  draw(samples, seconds) {
    const x = at => (at / (seconds * 1000) * WIDTH).toFixed(1);
    const highest = samples.reduce((most, { roundTrip }) => Math.max(most, roundTrip ?? 0), 0);
    const scale = STEPS.find(step => step >= highest * 1.05) ?? highest;
    let line = '';
    let lost = '';
    let missing = 0;
    let pen = 'M';
    for (const { at, roundTrip, lost: gone, held } of samples) {
      if (roundTrip !== null) {
        line += `${pen}${x(at)} ${(HEIGHT - roundTrip / scale * HEIGHT).toFixed(1)}`;
        pen = 'L';
      } else if (gone) {
        lost += `M${x(at)} ${HEIGHT}v${-this.#mark}`;
        pen = 'M';
        missing++;
      } else if (held) {
        pen = 'M';
      }
    }
    this.#line.setAttribute('d', line);
    this.#lost.setAttribute('d', lost);
    this.element.setAttribute('aria-label', `Round trip over ${seconds} s, at most ${milliseconds(highest)}; ${missing} of ${samples.length} packets lost`);
    if (this.#top) {
      this.#top.textContent = `${scale} ms`;
    }
  }
}
