// Why a way fails, in words: from what the browser says of it, and from how its neighbours fare.

/** How far a packet came: what a failed way tells about the network. */
export const isUnreachable = ({ state, failure }) => state === 'fails' && failure.step === 'first' && (failure.code === 701 || failure.code === 0);

/** Nothing came back, where a closed TCP port would have answered. */
export const isSilent = ({ transport, failure }) => transport === 'UDP' || /timed out/i.test(failure.text) || (failure.code === 0 && failure.tried);

// Chromium tries nothing, and says nothing, where it has no address of the family. Firefox says nothing either when TLS fails.
const hasNoNetwork = ({ family, failure }, ways) => family && failure.code === 0 && !failure.tried
  && ways.every(other => other.family !== family || (other.state !== 'works' && !other.failure?.code && !other.failure?.tried));

const saysErrors = () => 'onicecandidateerror' in RTCPeerConnection.prototype;

// What servers answer (RFC 8489 section 14.8, RFC 8656 section 19).
const ANSWERS = {
  300: ['Sent elsewhere', 'The edge sends new calls to another edge, which was not reached from here.'],
  400: ['Request not understood', 'The edge takes the request for malformed: something between here and there may change it.'],
  401: ['Wrong credential', 'The edge refuses the credential: it does not know the secret that it was made with, or it was revoked or has ended.'],
  403: ['Forbidden', 'The edge refuses by its policy.'],
  437: ['Allocation mismatch', 'The edge takes this for an allocation that exists already.'],
  438: ['Stale nonce', 'The edge keeps refusing the nonces that it hands out: several edges may share this address without sharing a store.'],
  440: ['Address family', 'The edge has no relayed address of the family that was asked for.'],
  441: ['Wrong credential', 'The allocation belongs to somebody else.'],
  442: ['Not relayed', 'The edge does not relay this transport.'],
  486: ['Quota reached', 'This user or realm holds as many allocations as its quota allows.'],
  500: ['Edge in trouble', 'The edge cannot check the credential just now: its store may be away.'],
  508: ['No capacity', 'The edge has no room for another allocation, or is draining.'],
};

/** { title, text } of a way that fails; the others are asked what else works. */
export function reasonOf(way, ways) {
  const { failure } = way;
  if (failure.step === 'browser') {
    return { title: 'Not possible in this browser', text: failure.text };
  }
  if (failure.step === 'path') {
    return {
      title: 'Relayed, but nothing comes through',
      text: `The edge granted two relayed addresses${way.relayed.length ? ` (one is ${way.relayed[0]})` : ''}, but no packet passes from one to the other: `
        + 'the edge forbids them as peers (403), a firewall closes its relay ports, or its NAT does not lead packets back in.',
    };
  }
  const found = Object.hasOwn(ANSWERS, failure.code) ? answered(failure) : unreachable(way, ways);
  return failure.step === 'second' ? { ...found, text: `The first relayed address was granted, the second one for the other end was not. ${found.text}` } : found;
}

const codeOf = ({ code, tried }) => code || (tried ? 'timeout' : 'the browser says no more');

// TCP works; UDP and TCP work
function others(neighbours) {
  const transports = [...new Set(neighbours.map(way => way.transport))];
  return `${transports.join(' and ')} ${transports.length === 1 ? 'works' : 'work'}`;
}

function answered({ code, text }) {
  const [title, meaning] = ANSWERS[code];
  return { title: `${title} (${code})`, text: `${meaning} It says: ${code} ${text}`.trim() };
}

function unreachable(way, ways) {
  const { failure, transport, host, port, family } = way;
  if (failure.code !== 701 && failure.code !== 0) {
    return { title: `Refused (${failure.code})`, text: `The edge answers ${failure.code} ${failure.text}.` };
  }
  if (!saysErrors()) {
    return { title: 'No relayed address', text: 'No relayed address came back. This browser does not tell why; another one may.' };
  }
  if (hasNoNetwork(way, ways)) {
    return { title: `No ${family} network`, text: `This browser has no ${family} address to try it from, and did not.` };
  }
  if (/lookup/i.test(failure.text)) {
    return { title: 'Name not found', text: `${host} cannot be resolved to an address here (701).` };
  }
  const neighbours = ways.filter(other => other !== way && other.host === host && other.state === 'works');
  const names = others(neighbours);
  const silent = isSilent(way);
  if (neighbours.length === 0) {
    return {
      title: silent ? 'No answer' : 'No connection',
      text: `${host} does not ${silent ? 'answer' : 'take a connection'} on ${transport === 'UDP' ? 'UDP' : 'TCP'} port ${port} (${codeOf(failure)}): `
        + 'the edge is stopped, its address or port is wrong, or this network blocks it'
        + (transport === 'TLS' ? '; or this browser does not accept its certificate.' : '.'),
    };
  }
  if (silent) {
    return {
      title: `${transport} blocked`,
      text: `Nothing comes back over ${transport} from port ${port}, while ${names} to the same host: a firewall between here and there drops it.`,
    };
  }
  return transport === 'TLS' ? certificate(way, neighbours) : {
    title: 'No connection',
    text: `Port ${port} takes no ${transport} connection (${codeOf(failure)}), while ${names} to the same host: the port is closed or blocked.`,
  };
}

// Browsers tell a page neither of a closed port nor of a bad certificate; that TCP works is what tells the two from a host that is away.
function certificate({ host, port, failure }, neighbours) {
  const tcp = neighbours.find(other => other.transport === 'TCP');
  const doubt = 'this browser does not accept it: nobody whom it trusts has signed it, it has expired, or it is not for';
  if (tcp?.port === port) {
    return {
      title: 'Certificate refused',
      text: `Port ${port} is open, because TCP works on it, but TLS does not (${codeOf(failure)}). It is the certificate: ${doubt} ${host}.`,
    };
  }
  return {
    title: 'Certificate refused, or port closed',
    text: `The host is there, because ${others(neighbours)}, but TLS on port ${port} does not (${codeOf(failure)}). `
      + `Most likely it is the certificate: ${doubt} ${host}. Otherwise the port is closed.`,
  };
}
