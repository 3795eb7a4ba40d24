// Data channels slow down where packets are lost, which a voice call does not. What one keeps back would look like a slow network when
// it arrives in the end, so while it keeps anything back no more is handed to it.

// A channel that has room passes packets on within a moment; the page itself may be late by some.
const PATIENCE = 60;

export class Outlet {
  #channel;
  #since = 0;

  constructor(channel) {
    this.#channel = channel;
  }

  /** Sends it, or says false. */
  send(buffer) {
    const now = performance.now();
    if (this.#channel.bufferedAmount === 0) {
      this.#since = now;
    }
    if (this.#channel.readyState !== 'open' || now - this.#since > PATIENCE) {
      return false;
    }
    this.#channel.send(buffer);
    return true;
  }
}
