import { html, named } from '../dom.js';
import { shown } from '../format.js';

/** Grafana's merge and organize of instant queries: a row for each value of the label that they share, a column for each query. */
export function table({ targets, transformations, fieldConfig: { defaults, overrides }, options }, series, { link }) {
  const { renameByName, indexByName } = transformations.find(({ id }) => id === 'organize').options;
  const [label] = Object.keys(indexByName);
  const fields = targets.map(({ refId }) => ({ refId, name: renameByName[`Value #${refId}`], field: fieldOf(renameByName[`Value #${refId}`]) }));
  const rows = new Map();
  for (const { metric, refId, points } of series) {
    const key = metric[label] ?? '';
    rows.set(key, { ...rows.get(key), [refId]: points.at(-1)[1] });
  }
  const by = fields.find(({ name }) => name === options.sortBy[0].displayName).refId;
  const sorted = [...rows].sort(([, a], [, b]) => (b[by] ?? -Infinity) - (a[by] ?? -Infinity));
  const keyLink = fieldOf(renameByName[label]).links?.[0];
  return [html('div', { class: 'rows' }, html('table', {},
    html('thead', {}, html('tr', {}, html('th', {}, renameByName[label]), ...fields.map(({ name }) => html('th', {}, name)))),
    html('tbody', {}, ...sorted.map(([key, values]) => html('tr', {},
      html('td', {}, keyLink ? html('a', { href: link(keyLink.url, { value: key }), title: keyLink.title }, key) : key),
      ...fields.map(({ refId, field }) => cell(values[refId], field)))))))];

  function fieldOf(name) {
    const override = overrides.find(({ matcher }) => matcher.options === name);
    return { ...defaults, ...Object.fromEntries(override.properties.map(({ id, value }) => [id, value])) };
  }
}

function cell(value, field) {
  if (value === undefined) {
    return html('td', {}, '');
  }
  const { text, color } = shown(value, field);
  return html('td', { style: field['custom.cellOptions'] ? `color: ${named(color)}` : undefined }, text);
}
