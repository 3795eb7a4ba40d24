// Prints the dashboards as one JSON object, file name to text; with a folder, writes them there. `make chart` writes charts/turnpike/dashboards.
import fs from 'node:fs';
import path from 'node:path';
import controlPlane from './control-plane.mjs';
import edge from './edge.mjs';
import fleet from './fleet.mjs';
import scaling from './scaling.mjs';
import tenants from './tenants.mjs';

const WIDTH = 160;

// What fits on a line is on one, so that a change to a panel is a few lines in a review.
function format(value, indent = '') {
  const line = JSON.stringify(value, null, 1)?.replace(/\n */g, ' ');
  if (value === null || typeof value !== 'object' || indent.length + line.length <= WIDTH && !('gridPos' in value)) {
    return line;
  }
  const deeper = `${indent}  `;
  const entries = Array.isArray(value)
    ? value.map(each => deeper + format(each, deeper))
    : Object.entries(value).filter(([, each]) => each !== undefined).map(([key, each]) => `${deeper}${JSON.stringify(key)}: ${format(each, deeper)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${entries.join(',\n')}\n${indent}${close}`;
}

const files = Object.fromEntries([fleet, edge, tenants, scaling, controlPlane].map(each => [`${each.uid.replace('turnpike-', '')}.json`, `${format(each)}\n`]));
if (process.argv[2]) {
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(process.argv[2], name), text);
} else {
  process.stdout.write(JSON.stringify(files));
}
