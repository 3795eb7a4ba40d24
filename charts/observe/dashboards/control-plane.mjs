import { dashboard, quantiles, REPLICA, row } from './dashboard.mjs';
import { above, any, below, graph, query, stat } from './panels.mjs';

const FLEET = 'namespace=~"$namespace"';
const FAILED = 'code=~"Internal|Unknown|DataLoss|Unavailable|DeadlineExceeded|Unimplemented"';
const rate = (metric, by, more = '') =>
  query(`sum by (${by}) (rate(turnpike_control_plane_${metric}_total{${REPLICA}${more}}[$__rate_interval]))`, `{{${by}}}`);
const total = (metric, name) => query(`sum(rate(turnpike_control_plane_${metric}_total{${REPLICA}}[$__rate_interval]))`, name);
const requests = `sum(rate(turnpike_control_plane_requests_total{${REPLICA}}[$__rate_interval]))`;

export default dashboard({
  uid: 'turnpike-control-plane',
  title: 'Control plane and Redis',
  description: 'The API, webhooks and events, and the store as the control plane and the edges see it.',
  variables: ['namespace', 'replica'],
  rows: [
    row('Is it healthy',
      stat('Replicas', 'Replicas of the control plane that are scraped.', `count(turnpike_control_plane_build_info{${REPLICA}}) or vector(0)`,
        { thresholds: below(1, 1), decimals: 0 }),
      stat('Calls', 'Calls answered, over gRPC, gRPC-Web and REST.', requests, { unit: 'reqps' }),
      stat('Failed', 'Part of the calls that failed by no fault of the caller.',
        `(sum(rate(turnpike_control_plane_requests_total{${REPLICA},${FAILED}}[$__rate_interval])) or vector(0)) / (${requests} > 0) or vector(0)`,
        { unit: 'percentunit', thresholds: above(0.01, 0.05), decimals: 1 }),
      stat('Slowest 1 %', 'Calls that do not stream take at most so long, but for one in a hundred.',
        quantiles('turnpike_control_plane_request_duration_seconds', REPLICA, { 0.99: '' })[0].expr, { unit: 's', thresholds: above(0.5, 1) }),
      stat('Streams', 'Server streams that are open.', `sum(turnpike_control_plane_streams{${REPLICA}}) or vector(0)`, { decimals: 0 }),
      stat('Without the store', 'Replicas that do not reach Redis.', `sum(1 - turnpike_control_plane_store_available{${REPLICA}})`,
        { thresholds: any('red'), decimals: 0 }),
      stat('Webhook lag', 'Age of the oldest event that waits for delivery, of all webhooks.', `max(turnpike_control_plane_webhook_lag_seconds{${REPLICA}})`,
        { unit: 's', thresholds: above(60, 300), decimals: 0 }),
      stat('Certificate ends in', 'Time until the first certificate of a replica expires; no data without TLS.',
        `min(turnpike_control_plane_certificate_expiry_timestamp_seconds{${REPLICA}}) - time()`, { unit: 's', thresholds: below(86400, 604800), graph: false })),
    row('The API',
      graph('Calls by method', 'Calls answered, whatever the result.', [rate('requests', 'method')], { unit: 'reqps' }),
      graph('Calls by code', 'The same by result, in the names of gRPC.', [rate('requests', 'code')], { unit: 'reqps' }),
      graph('Duration', 'Of calls that do not stream, over gRPC and REST alike.', quantiles('turnpike_control_plane_request_duration_seconds', REPLICA), { unit: 's' }),
      graph('Duration by method', 'The slowest 1 % of each method.',
        [query(`histogram_quantile(0.99, sum by (le, method) (rate(turnpike_control_plane_request_duration_seconds_bucket{${REPLICA}}[$__rate_interval]))) >= 0`, '{{method}}')],
        { unit: 's' }),
      graph('Open streams', 'Server streams that are open, by method.', [query(`sum by (method) (turnpike_control_plane_streams{${REPLICA}})`, '{{method}}')], { decimals: 0 }),
      graph('Limits hit', 'Calls refused or cut by a limit, by limit.', [rate('limits_hit', 'limit')], { unit: 'ops' }),
      graph('Credentials issued', 'Credentials that were asked for, by result.', [rate('credentials_issued', 'result')], { unit: 'ops' }),
      graph('Revocations', 'What was revoked: credentials, users or tags.', [rate('credentials_revoked', 'kind')], { unit: 'ops' }),
      graph('CPU', 'Cores that each replica uses.', [
        query(`rate(process_cpu_seconds_total{${REPLICA}}[$__rate_interval]) and on (instance, namespace) turnpike_control_plane_build_info`, '{{instance}}'),
      ], { decimals: 2 })),
    row('Edges, events and webhooks',
      graph('Edges by state', 'As the control plane knows them from the store.', [query(`max by (state) (turnpike_control_plane_edges{${REPLICA}})`, '{{state}}')],
        { decimals: 0 }),
      graph('Lag of the event log', 'Time since the event logs that a replica follows were last read to their end: how late streams are.', [query(`max by (instance) (turnpike_control_plane_event_log_lag_seconds{${REPLICA}})`, '{{instance}}')],
        { unit: 's' }),
      graph('Lag of webhooks', 'Age of the oldest event that waits for delivery, by the replica that delivers.',
        [query(`turnpike_control_plane_webhook_lag_seconds{${REPLICA}}`, '{{instance}}')], { unit: 's', thresholds: above(60, 300), line: true }),
      graph('Webhook attempts', 'Attempts to deliver by result, and how many of them were not the first of their delivery.', [rate('webhook_attempts', 'result'), total('webhook_retries', 'retries')],
        { unit: 'ops' }),
      graph('Events delivered', 'Acknowledged by receivers, and missed: no longer kept when a webhook came to them.',
        [total('webhook_events', 'delivered'), total('webhook_missed_events', 'missed')], { unit: 'ops' }),
      graph('Webhooks by replica', 'Webhooks that each replica delivers, and how many were disabled in the last hour.', [
        query(`turnpike_control_plane_webhooks{${REPLICA}}`, '{{instance}}'),
        query(`sum(increase(turnpike_control_plane_webhook_disabled_total{${REPLICA}}[1h]))`, 'disabled'),
      ], { decimals: 0 })),
    row('Redis, as the control plane sees it',
      graph('Latency of its calls', 'How long calls to Redis take.', quantiles('turnpike_control_plane_store_latency_seconds', REPLICA), { unit: 's' }),
      graph('Its calls', 'Calls that brought a result, and those that failed, by kind.',
        [total('store_calls', 'results'), query(`sum by (kind) (rate(turnpike_control_plane_store_errors_total{${REPLICA}}[$__rate_interval]))`, 'failed: {{kind}}')], { unit: 'ops' }),
      graph('Replicas that reach it', 'At 1 while the replica reaches Redis.', [query(`turnpike_control_plane_store_available{${REPLICA}}`, '{{instance}}')], { decimals: 0, max: 1 })),
    row('Redis, as the edges see it',
      graph('Latency of their calls', 'How long calls to Redis take, over all edges.', quantiles('turnpike_edge_cluster_store_latency_seconds', FLEET), { unit: 's' }),
      graph('Their calls', 'Calls that brought a result, and those that failed, by kind.', [
        query(`sum(rate(turnpike_edge_cluster_store_calls_total{${FLEET}}[$__rate_interval]))`, 'results'),
        query(`sum by (kind) (rate(turnpike_edge_cluster_store_errors_total{${FLEET}}[$__rate_interval]))`, 'failed: {{kind}}'),
      ], { unit: 'ops' }),
      graph('Edges that do not reach it', 'They go on with what they know, within their share of the quotas.', [query(`sum(1 - turnpike_edge_cluster_available{${FLEET}})`, 'edges')],
        { decimals: 0 }),
      graph('Usage not written', 'Age of the oldest usage that the store does not have yet: the worst edge. It is written once Redis is back, and only once.',
        [query(`max(turnpike_edge_cluster_usage_lag_seconds{${FLEET}})`, 'worst edge')], { unit: 's', thresholds: above(30, 120), line: true }),
      graph('Heartbeats', 'Time since the store took a heartbeat: the worst edge.', [query(`max(turnpike_edge_cluster_heartbeat_age_seconds{${FLEET}})`, 'worst edge')], { unit: 's' }),
      graph('Requests parked', 'Requests that wait for Redis, over all edges.', [query(`sum(turnpike_edge_cluster_parked{${FLEET}})`, 'requests')], { decimals: 0 })),
  ],
});
