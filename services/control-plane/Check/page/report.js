// What was seen, to be sent to somebody who can mend it. No token and no credential is in it.

import { milliseconds, percent, rate } from './figures.js';
import { reasonOf } from './reasons.js';

/** As plain data. */
export function reportData({ ways, verdict, problem, expires, settings, at }) {
  return {
    product: 'Turnpike connectivity check',
    page: location.origin + location.pathname,
    at: at?.toISOString() ?? null,
    browser: navigator.userAgent,
    settings,
    credentialExpires: expires?.toISOString() ?? null,
    problem: problem && { title: problem.title, detail: problem.detail, status: problem.status },
    verdict,
    ways: ways.map(way => ({ ...way.toJSON(), reason: way.state === 'fails' ? reasonOf(way, ways) : null })),
  };
}

/** As text. */
export function reportText(data) {
  const lines = [`${data.product}, ${data.at ?? 'not run'}`, data.page, data.browser, ''];
  if (data.problem) {
    lines.push(data.problem.title, data.problem.detail, '');
  }
  if (data.verdict) {
    lines.push(data.verdict.sentence, data.verdict.detail, '');
  }
  for (const way of data.ways) {
    lines.push(`${way.state.toUpperCase().padEnd(8)} ${way.url}`);
    if (way.reason) {
      lines.push(`         ${way.reason.title}: ${way.reason.text}`);
    }
    if (way.figures) {
      const { roundTrip, lost, jitter, seconds } = way.figures;
      lines.push(
        `         round trip ${milliseconds(roundTrip?.min)} / ${milliseconds(roundTrip?.median)} / ${milliseconds(roundTrip?.p95)} (least, median, 95 %), `
        + `loss ${percent(lost)}, jitter ${milliseconds(jitter)} over ${seconds} s`);
    }
    if (way.bulk?.bitsPerSecond) {
      lines.push(`         at least ${rate(way.bulk.bitsPerSecond)} (${Math.round(way.bulk.bytes / 1024)} KiB, one way)`);
    }
    if (way.relayed.length > 0) {
      lines.push(`         relayed ${way.relayed.join(', ')}${way.relayProtocol ? ` over ${way.relayProtocol}` : ''}${way.reflexive ? `, seen as ${way.reflexive}` : ''}`);
    }
  }
  return `${lines.join('\n').replaceAll('\u00a0', ' ').trimEnd()}\n`;
}
