// What lies where: heights of stacked lines, and round numbers on the axes.

/** Points as [time, lower, upper, value]: on each other where they are stacked, on zero where not. */
export function stacked(lines, stack) {
  const heights = new Map();
  return lines.map(line => ({
    ...line,
    points: line.points.map(([time, value]) => {
      const lower = stack ? heights.get(time) ?? 0 : 0;
      const upper = lower + value;
      if (stack && Number.isFinite(upper)) {
        heights.set(time, upper);
      }
      return [time, lower, upper, value];
    }),
  }));
}

/** About four round numbers from `low` to `high`. */
export function ticks(low, high, { min, max, unit, decimals }) {
  const bottom = Math.min(min ?? low, low);
  const reach = Math.max(high, max ?? -Infinity);
  const top = Number.isFinite(reach) && reach > bottom ? reach : bottom + 1;
  const step = Math.max(stepOf((top - bottom) / 4, unit), decimals === 0 && unit === 'short' ? 1 : 0);
  const first = Math.floor(bottom / step) * step;
  const count = Math.ceil((top - first) / step - 1e-9);
  return { min: first, max: first + count * step, ticks: Array.from({ length: count + 1 }, (_, index) => first + index * step) };
}

function stepOf(least, unit) {
  if (unit === 'bytes') {
    return 2 ** Math.ceil(Math.log2(least));
  }
  if (unit === 's' && least > 10) {
    return SPANS.find(span => span >= least) ?? Math.ceil(least / 86400) * 86400;
  }
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find(factor => factor * power >= least * (1 - 1e-9));
}

const SPANS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

/** Round times, far enough from each other to be read. */
export function timeTicks(start, end, width) {
  const span = SPANS.find(each => (end - start) / each <= width / 80) ?? SPANS.at(-1);
  const zone = new Date(end * 1000).getTimezoneOffset() * 60;
  const first = Math.ceil((start - zone) / span) * span + zone;
  const result = [];
  for (let at = first; at <= end; at += span) {
    const text = new Date(at * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', ...span < 60 && { second: '2-digit' }, hour12: false });
    result.push({ at, text });
  }
  return result;
}
