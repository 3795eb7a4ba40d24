// Reads {dashboards: {NAME: DASHBOARD}, expressions: [{where, expr}]} from standard input. Checks the dashboards against Grafana's types and every expression
// against Prometheus's grammar, and prints {problems: [TEXT], uses: [{where, metrics: {NAME: [LABEL]}, labels: [LABEL]}]}: which metrics an
// expression names with which labels, and which labels it groups or joins by.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';

const modules = path.join(import.meta.dirname, 'node_modules');
const types = path.join(modules, '@grafana/schema/dist/types');
const problems = [];

// Grafana puts these in before Prometheus sees an expression.
const filled = expr => expr
  .replaceAll('$__rate_interval', '1m').replaceAll('$__interval', '15s').replaceAll('$__range', '1h').replace(/\$(?!__)\w+/g, '.*');

function use({ where, expr }) {
  const text = filled(expr);
  const metrics = {};
  const labels = new Set();
  parser.parse(text).iterate({
    enter: ({ node, type }) => {
      const name = text.slice(node.from, node.to);
      if (type.isError) {
        problems.push(`${where}: ${text.slice(0, node.from)}<here>${text.slice(node.from)}`);
      } else if (type.name === 'VectorSelector' && node.firstChild?.name === 'Identifier') {
        const metric = text.slice(node.firstChild.from, node.firstChild.to);
        metrics[metric] ??= [];
        for (const matcher of node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []) {
          metrics[metric].push(text.slice(matcher.firstChild.from, matcher.firstChild.to));
        }
      } else if (type.name === 'LabelName' && node.parent.name === 'GroupingLabels') {
        labels.add(name);
      }
    },
  });
  return { where, metrics, labels: [...labels] };
}

// Grafana's types want its enumerations where JSON has their text.
const HEADER = `
import type { Dashboard, Panel, RowPanel } from '${types}/raw/dashboard/x/types.gen';
import type { GraphFieldConfig } from '${types}/index';
import type { Options as stat } from '${types}/raw/composable/stat/panelcfg/x/types.gen';
import type { Options as timeseries } from '${types}/raw/composable/timeseries/panelcfg/x/types.gen';
import type { Options as gauge } from '${types}/raw/composable/gauge/panelcfg/x/types.gen';
import type { Options as bargauge } from '${types}/raw/composable/bargauge/panelcfg/x/types.gen';
import type { Options as table } from '${types}/raw/composable/table/panelcfg/x/types.gen';
type Text<T> = T extends string ? T | \`\${T & string}\` : T extends (infer U)[] ? Text<U>[] : T extends object ? { [K in keyof T]: Text<T[K]> } : T;
`;

function checkTypes(dashboards) {
  const lines = [HEADER];
  const declare = (name, type, value) => lines.push(`export const ${name}: ${type} = ${JSON.stringify(value)};`);
  Object.entries(dashboards).forEach(([name, { panels, ...rest }], index) => {
    lines.push(`// ${name}`);
    declare(`d${index}`, 'Text<Omit<Dashboard, "panels">>', rest);
    panels.forEach(({ options, fieldConfig, ...panel }, number) => {
      lines.push(`// ${name}: ${panel.title}`);
      declare(`d${index}p${number}`, panel.type === 'row' ? 'Text<RowPanel>' : 'Text<Panel>', panel.type === 'row' ? panel : { ...panel, fieldConfig });
      if (panel.type !== 'row') {
        declare(`d${index}o${number}`, `Partial<Text<${panel.type}>>`, options);
      }
      if (fieldConfig?.defaults.custom) {
        declare(`d${index}c${number}`, `Partial<Text<GraphFieldConfig>>`, fieldConfig.defaults.custom);
      }
    });
  });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'turnpike-dashboards-'));
  try {
    const file = path.join(folder, 'dashboards.ts');
    fs.writeFileSync(file, lines.join('\n'));
    const { stdout } = spawnSync(path.join(modules, '.bin/tsc'),
      ['--noEmit', '--strict', '--skipLibCheck', '--types', '', '--moduleResolution', 'bundler', '--module', 'esnext', '--target', 'es2022', file], { encoding: 'utf8' });
    const text = lines.join('\n').split('\n');
    for (const [, line, message] of stdout.matchAll(/\.ts\((\d+),\d+\): error (.*)/g)) {
      problems.push(`${text.slice(0, line).findLast(each => each.startsWith('// '))?.slice(3)}: ${message}`);
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

let input = '';
for await (const chunk of process.stdin) input += chunk;
const { dashboards = {}, expressions = [] } = JSON.parse(input);
const uses = expressions.map(use);
checkTypes(dashboards);
console.log(JSON.stringify({ problems, uses }));
