import { dashboard, EDGE, link, row } from './dashboard.mjs';
import { above, any, column, graph, PLAIN, query, stat, table } from './panels.mjs';

// One replica decides; what another has left of an old decision is no number, and max takes the one that is.
const latest = (metric, by = '') => `max${by && ` by (${by})`} (turnpike_control_plane_${metric}{namespace=~"$namespace"} >= 0)`;
const rate = (metric, by) => query(`sum by (${by}) (rate(turnpike_control_plane_${metric}_total{namespace=~"$namespace"}[$__rate_interval]))`,
  by.split(', ').map(label => `{{${label}}}`).join(' '));
const draining = `(turnpike_edge_draining{${EDGE}} == 1)`;
// 0 is a drain without one.
const deadline = `turnpike_edge_drain_deadline_timestamp_seconds{${EDGE}} > 0`;
const ofDraining = expr => `${expr} and on (instance) ${draining}`;

export default dashboard({
  uid: 'turnpike-scaling',
  title: 'Scaling and drains',
  description: 'What the scaler sees, what it decides and why, and how edges empty before they go.',
  variables: ['namespace', 'edge'],
  rows: [
    row('Now',
      stat('Wanted', 'Edges that should be in service.', latest('desired_edges'), { decimals: 0 }),
      stat('In service', 'Replicas that do not drain.', latest('edges_in_service'), { decimals: 0 }),
      stat('Replicas', 'Replicas that the edges\' workload has, those that drain included.', latest('current_replicas'), { decimals: 0 }),
      stat('Draining', 'Edges that take no new allocations and wait for those that they have.', `sum(turnpike_edge_draining{${EDGE}})`,
        { thresholds: any('yellow'), decimals: 0 }),
      stat('Scale-in', 'Held back while what is known of the fleet is too old or too little to remove an edge by.', latest('scaling_held_back'),
        { words: { 0: ['green', 'possible'], 1: ['yellow', 'held back'] } }),
      stat('Scaling replica', 'The replica of the control plane that scales. No data where the built-in scaler is not, as with KEDA and HPA.',
        'turnpike_control_plane_scaler_leader{namespace=~"$namespace"} == 1', { legend: '{{instance}}', text: 'name', graph: false, thresholds: PLAIN }),
      stat('Trouble', 'Kinds of trouble that keep the edges from being scaled, on the replica that scales.',
        'sum(turnpike_control_plane_scaler_trouble{namespace=~"$namespace"}) or vector(0)', { thresholds: any('red'), decimals: 0 }),
      stat('Next deadline', 'Time until the first draining edge cuts what it still has; no data while none drains.',
        `min(${ofDraining(deadline)}) - time()`, { unit: 's', thresholds: [['red', null], ['text', 0]], graph: false })),
    row('What it sees and decides',
      graph('Edges', 'Wanted and there. Wanted above "in service" for long: nodes are missing, or a policy holds it back.', [
        query(latest('desired_edges'), 'wanted'), query(latest('edges_in_service'), 'in service'), query(latest('current_replicas'), 'replicas'),
        query(latest('desired_replicas'), 'replicas wanted'),
      ], { decimals: 0 }),
      graph('Needed by dimension', 'Edges that load and buffer need in each dimension, before any rule or bound. The highest one counts.',
        [query(latest('needed_edges', 'dimension'), '{{dimension}}')], { decimals: 0 }),
      graph('Saturation by dimension', 'Load of the fleet as a part of the capacity in service, as the scaler sees it.',
        [query(latest('saturation', 'dimension'), '{{dimension}}')], { unit: 'percentunit', thresholds: above(0.8, 0.95), line: true }),
      graph('Reasons of the last decision', 'Which rules the last decision came from; several may apply at once.',
        [query('max by (reason) (turnpike_control_plane_scaler_last_decision{namespace=~"$namespace"} == 1)', '{{reason}}')], { stack: true, decimals: 0 }),
      graph('Decisions', 'Decisions that were another one than before, by action.', [rate('scaler_decisions', 'action')], { unit: 'ops' }),
      graph('Steps', 'What the scaler did about them: drains begun and ended, replicas changed.', [rate('scaler_steps', 'step')], { unit: 'ops' }),
      graph('Trouble by kind', 'What keeps the edges from being scaled, by kind.',
        [query('max by (kind) (turnpike_control_plane_scaler_trouble{namespace=~"$namespace"})', '{{kind}}')], { decimals: 0, max: 1 }),
      graph('Changes of the scaling replica', 'Times that a replica of the control plane began to scale. Once a rollout is normal.',
        [query('sum(increase(turnpike_control_plane_scaler_terms_total{namespace=~"$namespace"}[$__rate_interval]))', 'terms')]),
      graph('Capacity in half an hour', 'The fullest edge in each dimension, and what it comes to in 30 minutes if it goes on as it did in the last 30, up to 200 %.', [
        query(`max by (dimension) (turnpike_edge_saturation_ratio{${EDGE}})`, '{{dimension}}'),
        query(`max by (dimension) (clamp(predict_linear(turnpike_edge_saturation_ratio{${EDGE}}[30m], 1800), 0, 2))`, '{{dimension}} in 30 min'),
      ], { unit: 'percentunit', thresholds: above(0.8, 0.95), line: true })),
    row('Drains',
      graph('How many drain', 'Edges that drain, over time.', [query(`sum(turnpike_edge_draining{${EDGE}})`, 'draining')], { decimals: 0 }),
      graph('Allocations on draining edges', 'What is left on each. Calls end by themselves; what is left at the deadline is cut.',
        [query(`sum by (instance) (${ofDraining(`turnpike_edge_allocations{${EDGE}}`)}) or on() vector(0)`, '{{instance}}')], { decimals: 0 }),
      graph('Time to the deadline', 'Time that each draining edge has left. Below zero it should be gone.',
        [query(`(${ofDraining(deadline)}) - time()`, '{{instance}}')],
        { unit: 's', min: undefined }),
      table('Draining edges', 'Each with what is left on it.',
        { label: 'instance', name: 'Edge', link: link('This edge in depth', 'turnpike-edge', '${namespace:queryparam}&var-edge=${__value.raw}') }, [
          column('Allocations left', `sum by (instance) (${ofDraining(`turnpike_edge_allocations{${EDGE}}`)})`, { decimals: 0 }),
          column('Time left', `max by (instance) (${ofDraining(deadline)}) - time()`,
            { unit: 's', thresholds: [['red', null], ['text', 0]] }),
          column('Relayed', `8 * sum by (instance) (${ofDraining(`rate(turnpike_edge_relayed_bytes_total{${EDGE}}[$__rate_interval])`)})`, { unit: 'bps' }),
        ], { h: 5 })),
    row('With Kubernetes',
      graph('Calls to the API server', 'Calls to Kubernetes by verb and resource.', [rate('kubernetes_calls', 'verb, resource')], { unit: 'reqps' }),
      graph('Outcome of these calls', 'Conflicts are retried and normal now and then.', [rate('kubernetes_calls', 'outcome')], { unit: 'reqps' }),
      graph('Objects followed', 'At 1 while the objects of a kind are followed; at 0 the scaler does not know what there is.',
        [query('min by (resource) (turnpike_control_plane_kubernetes_synced{namespace=~"$namespace"})', '{{resource}}')], { decimals: 0, max: 1 }),
      graph('Lists and watches', 'Lists and watches begun. Many lists are a watch that breaks again and again.', [
        query('sum by (resource) (rate(turnpike_control_plane_kubernetes_lists_total{namespace=~"$namespace"}[$__rate_interval]))', 'list {{resource}}'),
        query('sum by (resource) (rate(turnpike_control_plane_kubernetes_watches_total{namespace=~"$namespace"}[$__rate_interval]))', 'watch {{resource}}'),
      ], { unit: 'ops' })),
  ],
});
