// A dashboard as Grafana has it in JSON: variables, links to the others, and rows whose panels flow from left to right.
import { query } from './panels.mjs';

const COLUMNS = 24;
const source = { type: 'prometheus', uid: '${datasource}' };

/** Labels that every expression about edges, or about the control plane, is narrowed by. */
export const EDGE = 'namespace=~"$namespace",instance=~"$edge"';
export const REPLICA = 'namespace=~"$namespace",instance=~"$replica"';
export const REALM = `${EDGE},realm=~"$realm"`;

const variable = {
  datasource: () => ({
    name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', refresh: 1, hide: 0, multi: false, includeAll: false, regex: '',
    options: [],
  }),
  namespace: () => values('namespace', 'Namespace', 'label_values({__name__=~"turnpike_(edge|control_plane)_build_info"}, namespace)'),
  edge: () => values('edge', 'Edge', 'label_values(turnpike_edge_build_info{namespace=~"$namespace"}, instance)'),
  // One at a time: what is in depth about several is about none.
  oneEdge: () => ({ ...values('edge', 'Edge', 'label_values(turnpike_edge_build_info{namespace=~"$namespace"}, instance)'), ...ONE }),
  realm: () => values('realm', 'Realm', 'label_values(turnpike_edge_realm_allocations{namespace=~"$namespace"}, realm)'),
  replica: () => values('replica', 'Replica', 'label_values(turnpike_control_plane_build_info{namespace=~"$namespace"}, instance)'),
};
const ONE = { multi: false, includeAll: false, allValue: undefined, current: undefined };

// "All" is every value and none: a Prometheus that is set up by hand may have no such label.
function values(name, label, expr) {
  return {
    name, label, type: 'query', datasource: source, query: { query: expr, refId: 'values', qryType: 5 }, refresh: 2, sort: 1, hide: 0, regex: '',
    multi: true, includeAll: true, allValue: '.*', current: { selected: true, text: ['All'], value: ['$__all'] }, options: [],
  };
}

/** A link to another dashboard that keeps its time range and the variables given. */
export const link = (title, uid, parameters) => ({ title, url: `/d/${uid}?\${__url_time_range}&var-datasource=\${datasource}&${parameters}` });

export const row = (title, ...panels) => ({ title, panels });

// Three in a line; what is left over is two wide ones, or shares a line of four with the three before it.
function widened(panels) {
  const free = panels.filter(panel => panel.w === undefined);
  const rest = free.length % 3;
  const wide = rest === 2 ? 2 : rest === 1 ? Math.min(4, free.length) : 0;
  return panels.map(panel => {
    const place = free.indexOf(panel);
    return place < 0 ? panel : { ...panel, w: place < free.length - wide ? COLUMNS / 3 : COLUMNS / wide };
  });
}

export function dashboard({ uid, title, description, variables, rows }) {
  const panels = [];
  let y = 0;
  for (const each of rows) {
    panels.push({ type: 'row', title: each.title, collapsed: false, panels: [], gridPos: { h: 1, w: COLUMNS, x: 0, y: y++ } });
    let x = 0;
    let height = 0;
    for (const { w, h, ...panel } of widened(each.panels)) {
      if (x + w > COLUMNS) {
        [x, y, height] = [0, y + height, 0];
      }
      panels.push({ ...panel, gridPos: { h, w, x, y } });
      [x, height] = [x + w, Math.max(height, h)];
    }
    y += height;
  }
  return {
    uid, title: `Turnpike / ${title}`, description, tags: ['turnpike'], schemaVersion: 39, version: 1, editable: true, graphTooltip: 1, fiscalYearStartMonth: 0,
    timezone: 'browser', refresh: '30s', time: { from: 'now-1h', to: 'now' }, timepicker: {}, weekStart: '', liveNow: false,
    links: [{
      title: 'Turnpike', type: 'dashboards', tags: ['turnpike'], asDropdown: false, includeVars: true, keepTime: true, targetBlank: false, icon: '', tooltip: '', url: '',
    }],
    templating: { list: ['datasource', ...variables].map(name => variable[name]()) },
    annotations: { list: [] },
    panels: panels.map((panel, index) => ({ id: index + 1, ...panel })),
  };
}

/** Quantiles of a histogram, over the series that `matchers` choose. */
export const quantiles = (metric, matchers, names = { 0.5: 'median', 0.99: '99 %' }) => Object.entries(names).map(([quantile, name]) =>
  query(`histogram_quantile(${quantile}, sum by (le) (rate(${metric}_bucket{${matchers}}[$__rate_interval])))`, name));
