import { dashboard, EDGE, REALM, row } from './dashboard.mjs';
import { above, any, bars, column, graph, query, stat, table } from './panels.mjs';

const allocations = `sum by (realm) (turnpike_edge_realm_allocations{${REALM}})`;
const limit = `max by (realm) (turnpike_edge_realm_allocations_limit{${REALM}}) > 0`;
// A quota holds over all edges of one cluster, whichever of them are chosen.
const CLUSTER = 'namespace=~"$namespace",realm=~"$realm"';
const used = `max by (realm) (sum by (namespace, realm) (turnpike_edge_realm_allocations{${CLUSTER}}) / (max by (namespace, realm) (turnpike_edge_realm_allocations_limit{${CLUSTER}}) > 0))`;
const rate = `8 * sum by (realm) (rate(turnpike_edge_realm_relayed_bytes_total{${REALM}}[$__rate_interval]))`;
const volume = `sum by (realm) (increase(turnpike_edge_realm_relayed_bytes_total{${REALM}}[$__range]))`;
const rejections = `sum by (realm) (rate(turnpike_edge_realm_quota_rejections_total{${REALM}}[$__rate_interval]))`;

export default dashboard({
  uid: 'turnpike-tenants',
  title: 'Tenants',
  description: 'Use and quotas by realm. Edges name so many realms; what is beyond is counted together as "other". The exact figures for a bill are in the usage API.',
  variables: ['namespace', 'edge', 'realm'],
  rows: [
    row('All of them',
      stat('Realms with calls', 'Realms that have allocations now; those counted together as "other" are one.',
        `count(sum by (realm) (turnpike_edge_realm_allocations{${REALM}}) > 0) or vector(0)`, { w: 4, decimals: 0 }),
      stat('Allocations', 'Allocations of the chosen realms that live now.', `sum(turnpike_edge_realm_allocations{${REALM}})`, { w: 4, decimals: 0 }),
      stat('Relayed', 'Payload relayed for the chosen realms, both directions together.',
        `8 * sum(rate(turnpike_edge_realm_relayed_bytes_total{${REALM}}[$__rate_interval]))`, { w: 4, unit: 'bps' }),
      stat('Volume', 'Payload relayed for them in the time shown.', `sum(increase(turnpike_edge_realm_relayed_bytes_total{${REALM}}[$__range]))`,
        { w: 4, unit: 'decbytes', graph: false }),
      stat('Closest to its quota', 'The largest part of its allocations that any of the chosen realms uses; no data where none has a quota.',
        `max(${used})`, { w: 4, unit: 'percentunit', thresholds: above(0.8, 0.95), decimals: 0 }),
      stat('Rejected', 'Requests of the chosen realms refused, and datagrams dropped, because one of their limits was reached.',
        `sum(rate(turnpike_edge_realm_quota_rejections_total{${REALM}}[$__rate_interval]))`, { w: 4, unit: 'ops', thresholds: any('yellow') })),
    row('Use',
      graph('Allocations by realm', 'Live allocations of each realm.', [query(allocations, '{{realm}}')], { stack: true, decimals: 0 }),
      graph('Relayed bits by realm', 'Payload of each realm, both directions together.', [query(rate, '{{realm}}')], { stack: true, unit: 'bps' }),
      graph('To peers and to clients', 'Payload of the chosen realms by direction. Media servers and recordings are one-sided, calls are not.',
        [query(`8 * sum by (direction) (rate(turnpike_edge_realm_relayed_bytes_total{${REALM}}[$__rate_interval]))`, '{{direction}}')], { unit: 'bps' }),
      bars('Volume by realm', 'Payload in the time shown, by realm; the twenty largest.', `topk(20, ${volume})`, '{{realm}}', { unit: 'decbytes' })),
    row('Quotas',
      bars('Allocations of the quota', 'Part of its allocations that each realm with a quota uses, over all edges; the twenty fullest.',
        `topk(20, ${used})`, '{{realm}}', { unit: 'percentunit', max: 1, thresholds: above(0.8, 0.95), decimals: 0 }),
      graph('Rejections', 'Requests refused, and datagrams dropped, because a limit of the realm was reached.', [query(rejections, '{{realm}}')], { unit: 'ops' }),
      graph('Quota rejections by scope', 'The same over all realms, by the scope of the limit: the user\'s, the realm\'s, the server\'s, or one of the allocation.',
        [query(`sum by (scope) (rate(turnpike_edge_quota_rejections_total{${EDGE}}[$__rate_interval]))`, '{{scope}}')], { unit: 'ops' }),
      graph('Authentication failures', 'Requests of all realms refused because of what they were authenticated with: a secret that was not rotated everywhere looks like this.',
        [query(`sum by (reason) (rate(turnpike_edge_authentication_failures_total{${EDGE}}[$__rate_interval]))`, '{{reason}}')], { unit: 'reqps' })),
    row('Side by side',
      table('Realms', 'Every chosen realm with its use and quota.', { label: 'realm', name: 'Realm' }, [
        column('Allocations', allocations, { decimals: 0 }),
        column('Quota', limit, { decimals: 0 }),
        column('Used', used, { unit: 'percentunit', decimals: 0, thresholds: above(0.8, 0.95) }),
        column('Relayed', rate, { unit: 'bps' }),
        column('Volume', volume, { unit: 'decbytes' }),
        column('Rejected', rejections, { unit: 'ops', thresholds: any('yellow') }),
      ])),
  ],
});
