import { html, named, svg } from '../dom.js';
import { shown, thresholdColor } from '../format.js';

const LONG = 11;

/** The last value that is one, large; its course behind it. */
export function stat({ fieldConfig: { defaults }, options }, series) {
  const content = series.flatMap(({ name, points }) => {
    const value = points.findLast(([, each]) => !Number.isNaN(each))?.[1];
    if (value === undefined) {
      return [];
    }
    const { text, color } = options.textMode === 'name' ? { text: name, color: thresholdColor(value, defaults.thresholds) } : shown(value, defaults);
    const long = text.length > LONG ? ' long' : '';
    return [html('div', { class: `stat${long}`, title: text, style: `color: ${named(options.colorMode === 'value' ? color : 'text')}` }, text)];
  });
  return options.graphMode === 'area' ? [spark(series[0].points, defaults), ...content] : content;
}

function spark(points, { thresholds }) {
  const values = points.filter(([, value]) => Number.isFinite(value));
  const [first, last] = [points[0][0], points.at(-1)[0]];
  const top = Math.max(...values.map(([, value]) => value), 0) || 1;
  const place = ([time, value]) => `${last > first ? (time - first) / (last - first) * 100 : 50},${40 - Math.max(0, value) / top * 36}`;
  const line = values.map(place).join(' ');
  const color = thresholdColor(values.at(-1)?.[1], thresholds);
  return svg('svg', { class: 'spark', viewBox: '0 0 100 40', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('polygon', { points: `0,40 ${line} 100,40`, fill: named(color === 'text' ? 'blue' : color) }));
}
