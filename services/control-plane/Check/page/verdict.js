// All that was seen, in one sentence.

import { milliseconds, percent } from './figures.js';
import { isSilent, isUnreachable } from './reasons.js';

const ORDER = ['UDP', 'TCP', 'TLS'];

// A voice call bears a little loss; from here on people hear it.
const AUDIBLE = 0.03;

/** { tone: good | mixed | bad, sentence, detail } of ways whose check is over. */
export function verdictOf(ways) {
  const tried = ways.filter(way => way.state === 'works' || way.state === 'fails');
  const working = tried.filter(way => way.state === 'works');
  if (tried.length === 0) {
    return ways.some(way => way.state === 'stopped')
      ? { tone: 'mixed', sentence: 'The check was stopped.', detail: 'Run it again to see what works from here.' }
      : { tone: 'mixed', sentence: 'There is no way here that a browser can use.', detail: 'The edges offer TURN over DTLS only, which no browser speaks.' };
  }
  if (working.length === tried.length) {
    return allWork(working);
  }
  return working.length === 0 ? nothingWorks(tried) : someWork(tried, working);
}

const transportsOf = ways => ORDER.filter(transport => ways.some(way => way.transport === transport));

function list(words, last = 'and') {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

const capital = text => text[0].toUpperCase() + text.slice(1);

function allWork(ways) {
  const count = ways.length === 1 ? 'The one way works' : ways.length === 2 ? 'Both ways work' : `All ${ways.length} ways work`;
  const lossy = ways.filter(way => way.figures.lost > AUDIBLE);
  if (lossy.length === 0) {
    return { tone: 'good', sentence: `${count}: calls get through from here.`, detail: `Relayed over ${list(transportsOf(ways))}, ${fastest(ways)}.` };
  }
  const worst = lossy.reduce((a, b) => a.figures.lost > b.figures.lost ? a : b);
  return {
    tone: 'mixed',
    sentence: `${count}, but packets get lost: ${percent(worst.figures.lost)} over ${worst.name}.`,
    detail: 'Voice and video will suffer where more than a few packets of a hundred are lost.',
  };
}

function fastest(ways) {
  const trip = way => way.figures.roundTrip.median;
  const [first, ...others] = [...ways].sort((a, b) => trip(a) - trip(b));
  return others.length === 0
    ? `with a round trip of ${milliseconds(trip(first))}`
    : `with round trips from ${milliseconds(trip(first))} (${first.transport}) to ${milliseconds(trip(others.at(-1)))} (${others.at(-1).transport})`;
}

function nothingWorks(tried) {
  const bad = (why, detail) => ({ tone: 'bad', sentence: `Nothing works: ${why}.`, detail });
  const all = condition => tried.every(condition);
  const hosts = new Set(tried.map(way => way.host)).size;
  const code = tried[0].failure.code;
  if (all(({ failure }) => failure.step === 'browser')) {
    return bad('this browser cannot make such calls', tried[0].failure.text);
  }
  if (all(isUnreachable)) {
    const who = hosts === 1 ? 'the edge does not answer' : 'no edge answers';
    return bad(`${who} over ${list(transportsOf(tried), 'or')}`, isFirefoxAtHome(tried)
      ? 'Firefox uses no relay on its own computer unless media.peerconnection.ice.loopback is switched on in about:config.'
      : `${hosts === 1 ? 'It is stopped' : 'They are stopped'}, or this network blocks the way there.`);
  }
  if (all(({ failure }) => failure.step === 'path')) {
    return bad('calls are relayed, but no packet comes through', 'The edge forbids its own relayed addresses as peers, or a firewall closes its relay ports.');
  }
  if (all(({ failure }) => failure.code === code) && [401, 441].includes(code)) {
    return bad('the edges refuse the credential that the control plane has just issued', 'They may belong to another cluster, or their clocks may be wrong.');
  }
  if (all(({ failure }) => failure.code === code) && code === 486) {
    return bad('the quota of allocations is used up', 'Calls that are going on hold it; or it is smaller than the two allocations of a test call.');
  }
  if (all(({ failure }) => failure.code === code) && code === 508) {
    return bad('the edges have no room for another call', 'They are full, or being drained.');
  }
  return bad('each way fails for a reason of its own', 'They are below.');
}

// What everybody meets who tries a relay on the own computer.
const isFirefoxAtHome = ways => navigator.userAgent.includes('Firefox/') && ways.every(({ host }) => /^(127\.|::1$|localhost$)/.test(host));

function someWork(tried, working) {
  const causes = [];
  const explained = new Set();
  const because = (cause, ways) => {
    causes.push(cause);
    ways.forEach(way => explained.add(way));
  };

  // A host, or a whole family of addresses, of which nothing is heard.
  const hosts = [...new Set(tried.map(way => way.host))].map(host => tried.filter(way => way.host === host));
  const dead = hosts.filter(ways => ways.every(isUnreachable));
  const familyOf = ways => ways[0].family;
  const lost = ['IPv6', 'IPv4'].find(family => dead.some(ways => familyOf(ways) === family)
    && hosts.filter(ways => familyOf(ways) === family).every(ways => dead.includes(ways)) && working.some(way => way.family && way.family !== family));
  if (lost) {
    because(`${lost} does not work here`, tried.filter(way => way.family === lost));
  }
  const away = dead.filter(ways => !lost || familyOf(ways) !== lost);
  if (away.length > 0) {
    const names = list(away.map(ways => ways[0].host));
    because(away.length === 1 ? `the edge at ${names} does not answer` : `the edges at ${names} do not answer`, away.flat());
  }

  // Transports that work nowhere.
  const blocked = [];
  for (const transport of ORDER) {
    const ways = tried.filter(way => way.transport === transport && !explained.has(way));
    if (ways.length === 0 || !ways.every(isUnreachable)) {
      continue;
    }
    if (transport === 'TLS' && !ways.some(isSilent)) {
      // Where TCP works on the same port, nothing else is left.
      const certain = ways.every(way => working.some(({ transport: other, host, port }) => other === 'TCP' && host === way.host && port === way.port));
      because(`TLS fails, ${certain ? '' : 'most likely '}because this browser does not accept the certificate`, ways);
    } else {
      blocked.push(transport);
      ways.forEach(way => explained.add(way));
    }
  }
  if (blocked.length > 0) {
    causes.push(`${list(blocked)} ${blocked.length === 1 ? 'is' : 'are'} blocked here`);
  }

  const rest = tried.filter(way => way.state === 'fails' && !explained.has(way));
  if (rest.length > 0) {
    causes.push(causes.length === 0 ? `${working.length} of ${tried.length} ways ${working.length === 1 ? 'works' : 'work'}` : `${rest.length} more ${rest.length === 1 ? 'way fails' : 'ways fail'}`);
  }
  const transports = transportsOf(working);
  const slower = transports.includes('UDP') ? '' : ', with more delay when packets are lost';
  return {
    tone: 'mixed',
    sentence: `${capital(list(causes))}: calls will work over ${list(transports)}${slower}.`,
    detail: `${working.length} of ${tried.length} ways ${working.length === 1 ? 'works' : 'work'}; the reason stands beside each that does not.`,
  };
}
