// Prometheus's HTTP API, which serves this page too.
async function get(path, parameters, signal) {
  const url = `/api/v1/${path}?${new URLSearchParams(parameters)}`;
  const answer = await fetchJson(url, signal).catch(problem => {
    // A browser drops all requests when the machine's network changes, those to itself too.
    if (problem instanceof TypeError) {
      return fetchJson(url, signal);
    }
    throw problem;
  });
  if (answer.status !== 'success') {
    throw new Error(answer.error);
  }
  return answer.data;
}

const fetchJson = async (url, signal) => (await fetch(url, { signal })).json();

/** Seconds between two scrapes. */
export async function scrapeInterval() {
  const { yaml } = await get('status/config', {});
  const [, number, unit] = yaml.match(/scrape_interval: (\d+)(ms|s|m)/) ?? [null, '15', 's'];
  return number * { ms: 0.001, s: 1, m: 60 }[unit];
}

/** Values of a label, for Grafana's label_values(SERIES, LABEL). */
export async function labelValues(query) {
  const [, series, label] = query.match(/^label_values\((.+),\s*(\w+)\)$/);
  return get(`label/${label}/values`, { 'match[]': series });
}

/** Series now: {metric, points: [[time, value]]}. */
export async function instant(query, time, signal) {
  const { result } = await get('query', { query, time }, signal);
  return result.map(({ metric, value }) => ({ metric, points: [point(value)] }));
}

/** Series over time. */
export async function range(query, { start, end, step }, signal) {
  const { result } = await get('query_range', { query, start, end, step }, signal);
  return result.map(({ metric, values }) => ({ metric, points: values.map(point) }));
}

const point = ([time, text]) => [time, text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)];
