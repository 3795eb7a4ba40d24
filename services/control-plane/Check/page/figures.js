// Numbers made of samples.

/** The value that the given share (0 to 1) of the samples does not exceed; null without samples. */
export function quantile(samples, share) {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}

/** { min, median, p95, max }, or null without samples. */
export function spread(samples) {
  return samples.length === 0 ? null : {
    min: quantile(samples, 0),
    median: quantile(samples, 0.5),
    p95: quantile(samples, 0.95),
    max: quantile(samples, 1),
  };
}

/** Interarrival jitter (RFC 3550 section 6.4.1), from the time that each packet was on its way. */
export class Jitter {
  #last = null;
  value = 0;

  add(transit) {
    if (this.#last !== null) {
      this.value += (Math.abs(transit - this.#last) - this.value) / 16;
    }
    this.#last = transit;
  }
}

// A number does not leave its unit alone at the end of a line.
const SPACE = '\u00a0';

/** Milliseconds for people: 0.42 ms, 3.1 ms, 128 ms, 1.4 s. */
export function milliseconds(value) {
  if (value === null || value === undefined) {
    return '–';
  }
  return value < 1000 ? `${value.toFixed(value < 1 ? 2 : value < 20 ? 1 : 0)}${SPACE}ms` : `${(value / 1000).toFixed(1)}${SPACE}s`;
}

/** A share of 0 to 1 for people: 0 %, 0.4 %, 12 %. */
export function percent(share) {
  const value = share * 100;
  return `${value === 0 || value >= 10 ? value.toFixed(0) : value.toFixed(1)}${SPACE}%`;
}

/** Bits per second for people. */
export function rate(bits) {
  const [value, unit] = bits >= 1e6 ? [bits / 1e6, 'Mbit/s'] : [bits / 1e3, 'kbit/s'];
  return `${value.toFixed(value < 10 ? 1 : 0)}${SPACE}${unit}`;
}
