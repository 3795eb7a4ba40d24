// Values as Grafana's units show them.
const SI = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']];
const IEC = [[2 ** 40, 'TiB'], [2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']];
const TIMES = [[86400, 'days'], [3600, 'hours'], [60, 'min'], [1, 's'], [1e-3, 'ms'], [1e-6, 'µs']];
const SUFFIX = { bps: 'b/s', Bps: 'B/s', decbytes: 'B', pps: 'p/s', ops: 'ops/s', reqps: 'req/s' };

function round(exact, decimals) {
  const value = Number(exact.toPrecision(12));
  const size = Math.abs(value);
  const digits = decimals ?? (size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
  return value.toFixed(digits);
}

function scaled(value, steps, decimals) {
  const [factor, name] = steps.find(([size]) => Math.abs(value) >= size) ?? [1, ''];
  return [round(value / factor, factor === 1 ? decimals : decimals === 0 ? undefined : decimals), name];
}

function duration(seconds, decimals, digits) {
  if (seconds === 0) {
    return '0 s';
  }
  const [factor, name] = TIMES.find(([size]) => Math.abs(seconds) >= size) ?? TIMES.at(-1);
  return `${round(seconds / factor, digits ?? (factor > 1 ? undefined : decimals))} ${name}`;
}

/** A value with its unit; `digits` behind the point where `decimals` are too few to tell neighbours apart. */
export function format(value, unit = 'short', decimals, digits) {
  if (value === null || value === undefined || Number.isNaN(value)) {
    return '–';
  }
  if (!Number.isFinite(value)) {
    return value > 0 ? '∞' : '−∞';
  }
  switch (unit) {
    case 'percentunit':
      return `${round(value * 100, digits ?? decimals)} %`;
    case 's':
    case 'dtdurations':
      return duration(value, decimals, digits);
    case 'bytes': {
      const [number, name] = scaled(value, IEC, decimals);
      return `${number} ${name || 'B'}`;
    }
    default: {
      const [number, prefix] = scaled(value, SI, decimals);
      return SUFFIX[unit] ? `${number} ${prefix}${SUFFIX[unit]}` : `${number}${prefix && ` ${prefix}`}`;
    }
  }
}

/** The colour that a value has by the thresholds of its field. */
export function thresholdColor(value, thresholds) {
  const steps = thresholds?.steps ?? [];
  return steps.findLast(step => step.value === null || value >= step.value)?.color ?? 'text';
}

/** A value's text and colour, by mappings first. */
export function shown(value, field) {
  const word = field.mappings?.[0]?.options[value];
  return word ? { text: word.text, color: word.color } : { text: format(value, field.unit, field.decimals), color: thresholdColor(value, field.thresholds) };
}
