import { html, named, svg } from '../dom.js';
import { format, thresholdColor } from '../format.js';

const last = ({ points }) => points.at(-1)[1];
const linked = (text, defaults, labels, link) => defaults.links?.[0] ? html('a', { href: link(defaults.links[0].url, { labels }), title: defaults.links[0].title }, text) : text;

/** A bar for each series, the largest on top. */
export function bars({ fieldConfig: { defaults } }, series, { link }) {
  const sorted = series.filter(each => !Number.isNaN(last(each))).sort((a, b) => last(b) - last(a));
  const top = defaults.max ?? (Math.max(...sorted.map(last)) || 1);
  return [html('div', { class: 'bars' }, ...sorted.flatMap(each => {
    const value = last(each);
    const color = thresholdColor(value, defaults.thresholds);
    return [
      html('div', { class: 'name', title: each.name }, linked(each.name, defaults, each.metric, link)),
      html('div', { class: 'track' }, html('div', { style: `width: ${Math.min(1, Math.max(0, value / top)) * 100}%; background: ${named(color === 'text' ? 'blue' : color)}` })),
      html('div', { class: 'value', style: `color: ${named(color)}` }, format(value, defaults.unit, defaults.decimals)),
    ];
  }))];
}

const point = (part, radius) => {
  const angle = Math.PI * (1 - part);
  return `${50 + radius * Math.cos(angle)} ${50 - radius * Math.sin(angle)}`;
};
const arc = (from, to, radius, color, width) => svg('path', {
  d: `M ${point(from, radius)} A ${radius} ${radius} 0 0 1 ${point(to, radius)}`, fill: 'none', stroke: color, 'stroke-width': width,
});

/** A dial for each series: the value inside, the thresholds around it. */
export function dial({ fieldConfig: { defaults } }, series) {
  const { min = 0, max = 1, thresholds } = defaults;
  const part = value => Math.min(1, Math.max(0, (value - min) / (max - min)));
  return series.map(each => {
    const value = last(each);
    const color = named(thresholdColor(value, thresholds));
    const marks = thresholds.steps.map((step, index) =>
      arc(part(step.value ?? min), part(thresholds.steps[index + 1]?.value ?? max), 47, named(step.color), 3));
    return svg('svg', { class: 'dial', viewBox: '0 0 100 54', role: 'img', 'aria-label': each.name },
      arc(0, 1, 38, 'var(--grid)', 12), part(value) > 0 ? arc(0, part(value), 38, color, 12) : null, marks,
      svg('text', { x: 50, y: 49, style: `fill: ${color}` }, format(value, defaults.unit, defaults.decimals)));
  });
}
