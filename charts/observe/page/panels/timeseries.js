import { html, named, seriesColor, svg } from '../dom.js';
import { format } from '../format.js';
import { stacked, ticks, timeTicks } from './scale.js';

const MARGIN = { right: 12, top: 6, bottom: 18 };
const LETTER = 6.2;

/** Lines over time with a legend; values of all series under the pointer. */
export function timeseries({ fieldConfig: { defaults }, options }, series, { time, body }) {
  const stack = defaults.custom.stacking.mode === 'normal';
  const lines = stacked(series.map((each, index) => ({ ...each, color: seriesColor(index) })), stack);
  const legend = options.legend.displayMode === 'table' ? legendTable(lines, defaults, options.legend) : legendList(lines);
  const plot = html('div', { class: 'plot' });
  // The size is known when it is in the page.
  new ResizeObserver((_, observer) => plot.isConnected ? paint(plot, lines, defaults, stack, time) : observer.disconnect()).observe(plot);
  body.style.overflow = 'visible';
  return [plot, legend];
}

function paint(plot, lines, defaults, stack, { start, end, step }) {
  const { clientWidth: width, clientHeight: height } = plot;
  const finite = lines.flatMap(({ points }) => points.map(([, , upper]) => upper)).filter(Number.isFinite);
  const scale = ticks(Math.min(defaults.min ?? Math.min(...finite), ...finite), Math.max(...finite), defaults);
  const labels = distinct(scale.ticks, defaults.unit);
  const left = 12 + LETTER * Math.max(...labels.map(label => label.length));
  const x = at => left + (at - start) / (end - start) * (width - left - MARGIN.right);
  const y = value => height - MARGIN.bottom - (value - scale.min) / (scale.max - scale.min) * (height - MARGIN.top - MARGIN.bottom);
  const picture = svg('svg', {});
  for (const [index, tick] of scale.ticks.entries()) {
    picture.append(
      svg('line', { x1: left, x2: width - MARGIN.right, y1: y(tick), y2: y(tick), stroke: 'var(--grid)' }),
      svg('text', { x: left - 6, y: y(tick) + 4, 'text-anchor': 'end' }, labels[index]));
  }
  for (const { at, text } of timeTicks(start, end, width - left)) {
    picture.append(svg('text', { x: x(at), y: height - 3, 'text-anchor': 'middle' }, text));
  }
  if (defaults.custom.thresholdsStyle.mode === 'dashed') {
    for (const { value, color } of defaults.thresholds.steps.filter(each => each.value !== null && each.value <= scale.max)) {
      picture.append(svg('line', { x1: left, x2: width - MARGIN.right, y1: y(value), y2: y(value), stroke: named(color), 'stroke-dasharray': '6 4' }));
    }
  }
  const opacity = defaults.custom.fillOpacity / 100;
  for (const { points, color } of lines) {
    for (const piece of pieces(points, step)) {
      const top = piece.map(([at, , upper]) => `${x(at)},${y(upper)}`);
      const bottom = piece.map(([at, lower]) => `${x(at)},${y(stack ? lower : Math.max(0, scale.min))}`).reverse();
      picture.append(
        svg('polygon', { points: [...top, ...bottom].join(' '), fill: color, 'fill-opacity': opacity }),
        piece.length > 1 ? svg('polyline', { points: top.join(' '), fill: 'none', stroke: color, 'stroke-width': 1.5 })
          : svg('circle', { cx: x(piece[0][0]), cy: y(piece[0][2]), r: 2, fill: color }));
    }
  }
  plot.replaceChildren(picture);
  hover(plot, picture, lines, defaults, { x, left, height, width, start, end });
}

// Labels that lie close together have more digits.
function distinct(ticks, unit) {
  const written = [undefined, 1, 2, 3].map(digits => ticks.map(tick => format(tick, unit, undefined, digits)));
  return written.find(labels => new Set(labels).size === labels.length) ?? written[0];
}

// A gap of more than a step is one in the data, and stays one in the picture.
function pieces(points, step) {
  const found = [];
  let before = -Infinity;
  for (const each of points) {
    if (Number.isFinite(each[2])) {
      if (each[0] - before > step * 1.5) {
        found.push([]);
      }
      found.at(-1).push(each);
      before = each[0];
    }
  }
  return found;
}

function hover(plot, picture, lines, { unit, decimals }, { x, left, height, width, start, end }) {
  const rule = svg('line', { y1: MARGIN.top, y2: height - MARGIN.bottom, stroke: 'var(--muted)', visibility: 'hidden' });
  const tip = html('div', { class: 'tip', hidden: true });
  picture.append(rule);
  plot.append(tip);
  plot.onpointerleave = () => {
    tip.hidden = true;
    rule.setAttribute('visibility', 'hidden');
  };
  plot.onpointermove = event => {
    const place = event.clientX - plot.getBoundingClientRect().left;
    const at = start + (place - left) / (width - left - MARGIN.right) * (end - start);
    const values = lines.flatMap(({ name, color, points }) => {
      const nearest = points.reduce((best, each) => Math.abs(each[0] - at) < Math.abs((best?.[0] ?? Infinity) - at) ? each : best, undefined);
      return nearest && Number.isFinite(nearest[2]) ? [{ name, color, time: nearest[0], value: nearest[3] }] : [];
    }).sort((a, b) => b.value - a.value);
    if (values.length === 0) {
      return;
    }
    const place0 = x(values[0].time);
    rule.setAttribute('x1', place0);
    rule.setAttribute('x2', place0);
    rule.setAttribute('visibility', 'visible');
    tip.replaceChildren(new Date(values[0].time * 1000).toLocaleTimeString(), ...values.map(each =>
      html('div', {}, html('span', { class: 'swatch', style: `background: ${each.color}` }), `${each.name}: ${format(each.value, unit, decimals)}`)));
    tip.hidden = false;
    tip.style.left = place0 > width / 2 ? '' : `${place0 + 12}px`;
    tip.style.right = place0 > width / 2 ? `${width - place0 + 12}px` : '';
  };
}

const calculations = {
  lastNotNull: ['Last', values => values.findLast(value => !Number.isNaN(value))],
  max: ['Max', values => Math.max(...values.filter(value => !Number.isNaN(value)))],
};

function legendTable(lines, { unit, decimals }, { calcs, sortBy }) {
  const columns = calcs.map(name => calculations[name]);
  const values = ({ points }) => points.map(([, , , value]) => value);
  const key = columns.find(([title]) => title === sortBy)?.[1];
  const sorted = key ? lines.toSorted((a, b) => key(values(b)) - key(values(a))) : lines;
  return html('div', { class: 'legend' }, html('table', {},
    html('thead', {}, html('tr', {}, html('th', {}, ''), ...columns.map(([title]) => html('th', {}, title)))),
    html('tbody', {}, ...sorted.map(({ name, color, points }) => html('tr', {},
      html('td', { title: name }, html('span', { class: 'swatch', style: `background: ${color}` }), name),
      ...columns.map(([, calculate]) => html('td', {}, format(calculate(values({ points })), unit, decimals))))))));
}

const legendList = lines => html('div', { class: 'legend list' }, ...lines.map(({ name, color }) =>
  html('span', {}, html('span', { class: 'swatch', style: `background: ${color}` }), name)));
