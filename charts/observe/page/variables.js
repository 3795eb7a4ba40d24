// Dashboards' variables: what can be chosen, and what stands for them in expressions and links.
import { labelValues } from './prometheus.js';

export const ALL = '$__all';

/** Reads what each variable may be, in order, because later ones depend on earlier ones; keeps choices that are still possible. */
export async function resolve(list, chosen) {
  const variables = [];
  for (const definition of list) {
    if (definition.type === 'datasource') {
      variables.push({ ...definition, values: ['prometheus'], value: 'prometheus' });
      continue;
    }
    const found = await labelValues(interpolate(definition.query.query, variables));
    const values = definition.includeAll ? [ALL, ...found] : found;
    const wanted = chosen(definition.name);
    variables.push({ ...definition, values, value: values.includes(wanted) ? wanted : values[0] ?? '' });
  }
  return variables;
}

// As Grafana's Prometheus data source escapes values inside a quoted regular expression.
const escape = value => value.replace(/[\\^$*+?.()|[\]{}]/g, '\\\\$&').replace(/"/g, '\\"');

/** An expression with its variables and intervals filled in. */
export function interpolate(expr, variables, time) {
  return expr.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced, bare) => {
    const name = braced ?? bare;
    const variable = variables.find(each => each.name === name);
    if (variable) {
      return variable.value === ALL ? variable.allValue : escape(variable.value);
    }
    switch (name) {
      case '__rate_interval': return `${time.rate}s`;
      case '__interval': return `${time.step}s`;
      case '__range': return `${Math.round(time.end - time.start)}s`;
      default: return whole;
    }
  });
}

/** Where a link of a dashboard leads on this page. */
export function href(url, variables, from, { labels = {}, value = '' } = {}) {
  const text = url.replace(/\$\{([^}]+)\}/g, (_, name) => {
    if (name === '__url_time_range') {
      return `from=${from}`;
    }
    if (name === '__value.raw') {
      return encodeURIComponent(value);
    }
    if (name.startsWith('__field.labels.')) {
      return encodeURIComponent(labels[name.slice('__field.labels.'.length)] ?? '');
    }
    const [variable, kind] = name.split(':');
    const chosen = encodeURIComponent(variables.find(each => each.name === variable)?.value ?? '');
    return kind === 'queryparam' ? `var-${variable}=${chosen}` : chosen;
  });
  return text.replace(/^\/d\/([\w-]+)\?/, '?d=$1&');
}
