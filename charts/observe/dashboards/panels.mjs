// Panels as Grafana has them in JSON, with what all of Turnpike's have in common: a description, a unit, thresholds, a readable legend. Those without a width
// get one from the row that they are in.
const source = { type: 'prometheus', uid: '${datasource}' };

export const PLAIN = [['text', null]];
export const BLUE = [['blue', null]];
/** Green, then yellow from `warn`, red from `bad`. */
export const above = (warn, bad) => [['green', null], ['yellow', warn], ['red', bad]];
/** Green at 0, and another colour as soon as there is any. */
export const any = color => [['green', null], [color, 0.000001]];
/** Red, then yellow from `poor`, green from `good`. */
export const below = (poor, good) => [['red', null], ['yellow', poor], ['green', good]];

const steps = list => ({ mode: 'absolute', steps: list.map(([color, value]) => ({ color, value })) });
const refId = index => String.fromCharCode(65 + index);

/** One expression and what its series are called. */
export const query = (expr, legend) => ({ expr, legend });

/** Values that are words: `{ 0: ['green', 'serving'] }`. */
function mappings(words) {
  const options = Object.entries(words).map(([value, [color, text]], index) => [value, { color, index, text }]);
  return [{ type: 'value', options: Object.fromEntries(options) }];
}

function targets(queries, instant) {
  return queries.map(({ expr, legend }, index) => ({
    expr, instant, range: !instant, legendFormat: legend, refId: refId(index),
  }));
}

function panel(type, title, description, queries, { w, h, unit = 'short', decimals, min, max, thresholds = PLAIN, words, link, color, custom }, options) {
  return {
    type, title, description, datasource: source, w, h,
    targets: targets(queries, type !== 'timeseries' && type !== 'stat'),
    fieldConfig: {
      defaults: {
        unit, decimals, min, max, color, custom,
        thresholds: steps(thresholds),
        mappings: words && mappings(words),
        links: link ? [link] : undefined,
      },
      overrides: [],
    },
    options,
  };
}

/** One number. `graph` draws its course behind it; `text: 'name'` shows the series' name in its place. */
export function stat(title, description, expr, { legend = '', graph = true, text = 'auto', ...more }) {
  return panel('stat', title, description, [query(expr, legend)], { w: 3, h: 4, color: { mode: 'thresholds' }, ...more }, {
    colorMode: more.thresholds && more.thresholds !== PLAIN || more.words ? 'value' : 'none',
    graphMode: graph && !more.words ? 'area' : 'none',
    justifyMode: 'auto', orientation: 'auto', textMode: text, wideLayout: true,
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  });
}

/** Lines over time. `stack` fills and adds them up; `line` draws the thresholds; `calcs` are the columns of the legend. */
export function graph(title, description, queries, { stack = false, line = false, calcs = ['lastNotNull', 'max'], ...more } = {}) {
  const custom = {
    drawStyle: 'line', lineInterpolation: 'linear', lineWidth: 1, fillOpacity: stack ? 25 : 8, gradientMode: 'none', showPoints: 'never', spanNulls: false,
    stacking: { group: 'A', mode: stack ? 'normal' : 'none' }, thresholdsStyle: { mode: line ? 'dashed' : 'off' },
  };
  return panel('timeseries', title, description, queries, { h: 8, min: 0, color: { mode: 'palette-classic' }, custom, ...more }, {
    legend: { displayMode: calcs.length > 0 ? 'table' : 'list', placement: 'bottom', showLegend: true, calcs, ...calcs.includes('max') && { sortBy: 'Max', sortDesc: true } },
    tooltip: { mode: 'multi', sort: 'desc' },
  });
}

/** A bar for each series, now. */
export function bars(title, description, expr, legend, more) {
  return panel('bargauge', title, description, [query(expr, legend)], { h: 8, min: 0, color: { mode: 'thresholds' }, ...more }, {
    displayMode: 'gradient', orientation: 'horizontal', showUnfilled: true, valueMode: 'color', namePlacement: 'auto', sizing: 'auto', minVizHeight: 16,
    minVizWidth: 8, maxVizHeight: 300, reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  });
}

/** A dial for each series, now. */
export function gauge(title, description, expr, legend, more) {
  return panel('gauge', title, description, [query(expr, legend)], { w: 4, h: 4, min: 0, color: { mode: 'thresholds' }, ...more }, {
    orientation: 'auto', showThresholdLabels: false, showThresholdMarkers: true, sizing: 'auto', minVizHeight: 75, minVizWidth: 75,
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  });
}

/** What one column of a table shows, for each value of the table's key. */
export const column = (name, expr, more = {}) => ({ name, expr, ...more });

/** A row for each value of the label `key`, with a column for each expression; `link` is that of the key's cells. */
export function table(title, description, { label, name, link }, columns, more) {
  const made = panel('table', title, description, columns.map(each => query(each.expr, '')), { w: 24, h: 8, ...more }, {
    cellHeight: 'sm', showHeader: true, sortBy: [{ displayName: columns[0].name, desc: true }],
  });
  made.targets.forEach(target => { target.format = 'table'; });
  made.transformations = [
    { id: 'merge', options: {} },
    {
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries([label, ...columns.map((_, index) => `Value #${refId(index)}`)].map((field, index) => [field, index])),
        renameByName: Object.fromEntries([[label, name], ...columns.map((each, index) => [`Value #${refId(index)}`, each.name])]),
      },
    },
  ];
  made.fieldConfig.overrides = [
    { matcher: { id: 'byName', options: name }, properties: link ? [{ id: 'links', value: [link] }] : [] },
    ...columns.map(each => ({
      matcher: { id: 'byName', options: each.name },
      properties: [
        { id: 'unit', value: each.unit ?? 'short' },
        ...each.decimals === undefined ? [] : [{ id: 'decimals', value: each.decimals }],
        ...each.words ? [{ id: 'mappings', value: mappings(each.words) }] : [],
        ...each.thresholds ? [{ id: 'thresholds', value: steps(each.thresholds) }, { id: 'custom.cellOptions', value: { type: 'color-text' } }] : [],
      ],
    })),
  ];
  return made;
}
