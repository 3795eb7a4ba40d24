// A panel: asks Prometheus for its series and draws them as its type says.
import { html } from '../dom.js';
import { instant, range } from '../prometheus.js';
import { href, interpolate } from '../variables.js';
import { bars, dial } from './bars.js';
import { stat } from './stat.js';
import { table } from './table.js';
import { timeseries } from './timeseries.js';

const draw = { stat, timeseries, gauge: dial, bargauge: bars, table };

const nameOf = (legend, metric) => legend
  ? legend.replace(/\{\{(\w+)\}\}/g, (_, label) => metric[label] ?? '').trim() || 'none'
  : Object.entries(metric).filter(([label]) => label !== '__name__').map(([label, value]) => `${label}="${value}"`).join(', ') || 'value';

async function ask(target, { variables, time }, signal) {
  const query = interpolate(target.expr, variables, time);
  const series = target.instant ? await instant(query, time.end, signal) : await range(query, time, signal);
  return series.map(each => ({ ...each, refId: target.refId, name: nameOf(target.legendFormat, each.metric) }));
}

export class Panel {
  constructor(definition) {
    this.definition = definition;
    const { title, description, gridPos: { x, w, h } } = definition;
    this.body = html('div');
    this.element = html('section', { class: 'panel', style: `grid-column: ${x + 1} / span ${w}; grid-row: span ${h}; --height: ${h * 38}px`, 'data-title': title, 'data-type': definition.type },
      html('h2', {}, html('span', { title }, title), html('span', { class: 'about', title: description, 'aria-label': description, role: 'note', tabindex: 0 }, 'i')),
      this.body);
  }

  /** Reads and draws again. What is under the pointer stays as it is until then. */
  async refresh(context, signal) {
    const { definition } = this;
    try {
      const series = (await Promise.all(definition.targets.map(target => ask(target, context, signal)))).flat();
      const some = series.some(({ points }) => points.some(([, value]) => !Number.isNaN(value)));
      const link = (url, more) => href(url, context.variables, context.from, more);
      this.#show(some ? 'ok' : 'empty', some ? draw[definition.type](definition, series, { ...context, link, body: this.body }) : ['No data']);
    } catch (problem) {
      if (problem.name !== 'AbortError') {
        this.#show('error', [problem.message]);
      }
    }
  }

  #show(state, content) {
    this.element.dataset.state = state;
    this.body.replaceChildren(...content);
  }
}
