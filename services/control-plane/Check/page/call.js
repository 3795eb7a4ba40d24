// A call from this page to itself whose both ends may use one TURN URL only, and there relayed candidates only: what passes
// between them has crossed the edge, over this transport, in either direction.

import { hostAndPort, stunUrlAt } from './urls.js';
import { until } from './waiting.js';

// One URL that cannot be reached is 701; anything else is what a server answered, and tells more (RFC 8656 section 19, W3C WebRTC).
const NOT_REACHED = 701;

/** Why there is no call. */
export class CallFailure extends Error {
  /**
   * @param {'first' | 'second' | 'path' | 'browser'} step the first relay, the second one, the way between them, or none at all
   * @param {number} code as in icecandidateerror; 0: nothing came back at all
   * @param {string} text what the browser says
   * @param {boolean} tried false when the browser gave up without sending anything
   */
  constructor(step, code = 0, text = '', tried = true) {
    super(`${step} ${code} ${text}`.trim());
    Object.assign(this, { step, code, text, tried });
  }
}

/** One end of a call. */
class End {
  candidates = [];
  errors = [];

  constructor(server, policy) {
    this.connection = new RTCPeerConnection({ iceServers: [server], iceTransportPolicy: policy, bundlePolicy: 'max-bundle' });
    // As voice travels: whatever is late or lost is not sent again and holds up nothing.
    this.channel = this.connection.createDataChannel('check', { negotiated: true, id: 0, ordered: false, maxRetransmits: 0 });
    this.channel.binaryType = 'arraybuffer';
    this.connection.addEventListener('icecandidate', ({ candidate }) => candidate?.candidate && this.candidates.push(candidate));
    this.connection.addEventListener('icecandidateerror', ({ errorCode, errorText }) => this.errors.push({ code: errorCode, text: errorText }));
  }

  /** Whether a candidate of the type is found before all are or the time is over. */
  async gathers(type, milliseconds, signal) {
    const found = () => this.candidates.some(candidate => candidate.type === type);
    await until(
      () => found() || this.connection.iceGatheringState === 'complete',
      [[this.connection, 'icecandidate'], [this.connection, 'icegatheringstatechange']],
      milliseconds,
      signal);
    return found();
  }

  /** Why it gathered nothing. */
  failure(step) {
    const { code, text } = this.errors.find(error => error.code !== NOT_REACHED) ?? this.errors[0] ?? { code: 0, text: '' };
    return new CallFailure(step, code, text, code !== 0 || this.connection.iceGatheringState !== 'complete');
  }

  close() {
    this.channel.close();
    this.connection.close();
  }
}

export class RelayCall {
  #near;
  #far = null;
  #server;

  /** @param {RTCIceServer} server with one URL */
  constructor(server) {
    this.#server = server;
    this.#near = end(server);
  }

  /** Sends what is written to it to the far end. */
  get near() {
    return this.#near.channel;
  }

  get far() {
    return this.#far.channel;
  }

  /** Relayed addresses of the first end. */
  get relayed() {
    return this.#near.candidates.filter(candidate => candidate.type === 'relay').map(({ address, port }) => hostAndPort(address, port));
  }

  /** Connects both ends; throws CallFailure. */
  async connect(milliseconds, signal) {
    const near = this.#near;
    await near.connection.setLocalDescription();
    if (!await near.gathers('relay', milliseconds, signal)) {
      throw near.failure('first');
    }
    const far = this.#far = end(this.#server);
    pass(near, far);
    await far.connection.setRemoteDescription(near.connection.localDescription);
    await far.connection.setLocalDescription();
    if (!await far.gathers('relay', milliseconds, signal)) {
      throw far.failure('second');
    }
    pass(far, near);
    await near.connection.setRemoteDescription(far.connection.localDescription);
    const ends = [near, far];
    const open = () => ends.every(({ channel }) => channel.readyState === 'open');
    await until(
      () => open() || ends.some(({ connection }) => connection.connectionState === 'failed'),
      ends.flatMap(({ connection, channel }) => [[connection, 'connectionstatechange'], [channel, 'open']]),
      milliseconds,
      signal);
    if (!open()) {
      throw new CallFailure('path');
    }
  }

  /** What the browser knows of the pair in use: { roundTrip in ms, relayProtocol }. */
  async selectedPair() {
    const stats = await this.#near.connection.getStats();
    const transport = [...stats.values()].find(each => each.type === 'transport' && each.selectedCandidatePairId);
    // Firefox names no transport, and marks the pair itself.
    const pair = stats.get(transport?.selectedCandidatePairId) ?? [...stats.values()].find(each => each.type === 'candidate-pair' && each.selected);
    return {
      roundTrip: pair?.currentRoundTripTime === undefined ? null : pair.currentRoundTripTime * 1000,
      relayProtocol: stats.get(pair?.localCandidateId)?.relayProtocol ?? null,
    };
  }

  close() {
    this.#near.close();
    this.#far?.close();
  }
}

/** This browser's address as the edge sees it over UDP: HOST:PORT, or null when that is not to be found out. */
export async function reflexiveAddress(way, milliseconds, signal) {
  const asking = new End({ urls: stunUrlAt(way) }, 'all');
  try {
    await asking.connection.setLocalDescription();
    await asking.gathers('srflx', milliseconds, signal);
    const found = asking.candidates.find(candidate => candidate.type === 'srflx');
    return found ? hostAndPort(found.address, found.port) : null;
  } finally {
    asking.close();
  }
}

function end(server) {
  try {
    return new End(server, 'relay');
  } catch (error) {
    throw new CallFailure('browser', 0, error.message, false);
  }
}

// Candidates that are found after the description has been handed over.
function pass(from, to) {
  from.connection.addEventListener('icecandidate', ({ candidate }) => {
    if (to.connection.remoteDescription && to.connection.signalingState !== 'closed') {
      to.connection.addIceCandidate(candidate);
    }
  });
}
