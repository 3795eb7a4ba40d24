// One way to relay a call: one TURN URL, how far its check has come, and what was seen.

import { burst } from './burst.js';
import { CallFailure, RelayCall, reflexiveAddress } from './call.js';
import { stream } from './stream.js';
import { parseTurnUrl } from './urls.js';

/** A way is waiting, connecting, measuring, works, fails, skipped or stopped. */
export class Way extends EventTarget {
  state = 'waiting';
  samples = [];
  relayed = [];
  reflexive = null;
  relayProtocol = null;
  pairRoundTrip = null;
  connectMilliseconds = null;
  tries = 0;
  figures = null;
  bulk = null;
  /** @type {CallFailure | null} */
  failure = null;

  #server;

  /** @param {RTCIceServer} server with one URL */
  constructor(server) {
    super();
    this.#server = server;
    Object.assign(this, parseTurnUrl(server.urls));
    if (this.transport === 'DTLS') {
      // Chromium would quietly try TLS over TCP at that port instead.
      this.state = 'skipped';
    }
  }

  get isOver() {
    return ['works', 'fails', 'skipped', 'stopped'].includes(this.state);
  }

  /** UDP to 192.0.2.1 */
  get name() {
    return `${this.transport} to ${this.host}`;
  }

  /**
   * Checks it.
   * @param {{seconds: number, timeout: number, clock: EventTarget, quiet: import('./lanes.js').Quiet}} settings
   */
  async check({ seconds, timeout, clock, quiet }, signal) {
    Object.assign(this, { failure: null, samples: [], tries: this.tries + 1 });
    this.#become('connecting');
    let call = null;
    try {
      const started = performance.now();
      call = new RelayCall(this.#server);
      await call.connect(timeout * 1000, signal);
      this.connectMilliseconds = performance.now() - started;
      this.relayed = call.relayed;
      // A detail: a way works without it.
      const reflexive = this.transport === 'UDP' ? reflexiveAddress(this, timeout * 1000, signal).catch(() => null) : null;
      await quiet.together(async () => {
        this.#become('measuring');
        this.figures = await stream(call, seconds, clock, samples => this.#sampled(samples), signal);
      });
      // A burst would spoil the figures of the others.
      this.bulk = await quiet.alone(() => burst(call, signal));
      ({ roundTrip: this.pairRoundTrip, relayProtocol: this.relayProtocol } = await call.selectedPair());
      this.reflexive = await reflexive;
      this.#become(this.figures.returned > 0 ? 'works' : this.#fail(new CallFailure('path')));
    } catch (error) {
      this.relayed = call?.relayed ?? [];
      this.#become(signal.aborted ? 'stopped' : this.#fail(error));
    } finally {
      call?.close();
    }
  }

  stop() {
    if (!this.isOver) {
      this.#become('stopped');
    }
  }

  /** As plain data, for reports and tests. */
  toJSON() {
    const { url, host, port, transport, family, state, tries, relayed, reflexive, relayProtocol, pairRoundTrip, connectMilliseconds, figures, bulk } = this;
    const failure = this.failure && { step: this.failure.step, code: this.failure.code, text: this.failure.text };
    return { url, host, port, transport, family, state, tries, relayed, reflexive, relayProtocol, pairRoundTrip, connectMilliseconds, figures, bulk, failure };
  }

  #fail(error) {
    this.failure = error instanceof CallFailure ? error : new CallFailure('browser', 0, error.message, false);
    return 'fails';
  }

  #sampled(samples) {
    this.samples = samples;
    this.dispatchEvent(new Event('sampled'));
  }

  #become(state) {
    this.state = state;
    this.dispatchEvent(new Event('change'));
  }
}
