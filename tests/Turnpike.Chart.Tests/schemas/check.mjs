// Reads a JSON array of objects from standard input and checks each against the schema of its kind: types, and fields that nobody reads.
// One line for each problem; exit code 1 when there are any.
const packages = {
  'cert-manager.io': '@kubernetes-models/cert-manager',
  'keda.sh': '@kubernetes-models/keda',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};

// The validators are compiled to code that reads every field that it knows: what is not read is unknown.
function watched(value, path, unread) {
  if (value === null || typeof value !== 'object') return value;
  const children = {};
  for (const key of Object.keys(value)) {
    unread.add(`${path}/${key}`);
    children[key] = watched(value[key], `${path}/${key}`, unread);
  }
  return new Proxy(value, {
    get(target, key) {
      unread.delete(`${path}/${String(key)}`);
      return Object.hasOwn(children, key) ? children[key] : target[key];
    },
  });
}

async function modelOf({ apiVersion, kind }) {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  const folder = Object.keys(packages).find(name => group === name);
  return (await import(`${folder ? packages[folder] : 'kubernetes-models'}/${apiVersion}/${kind}`))[kind];
}

let text = '';
for await (const chunk of process.stdin) text += chunk;
let problems = 0;
function problem(object, what) {
  problems++;
  console.log(`${object.kind} ${object.metadata?.name}: ${what}`);
}
for (const object of JSON.parse(text)) {
  const unread = new Set();
  try {
    const Model = await modelOf(object);
    Model.prototype.validate.call(watched(object, '', unread));
    for (const path of unread) problem(object, `${path}: unknown`);
  } catch (error) {
    problem(object, error.message);
  }
}
process.exitCode = problems > 0 ? 1 : 0;
