// Waiting for things that happen by events, never for a while.

/**
 * Resolves true once the condition holds, which is looked at now and at each of the events; false when the time is over. Rejects with
 * the signal's reason when that is aborted.
 * @param {() => boolean} condition
 * @param {[EventTarget, string][]} events
 */
export function until(condition, events, milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const end = new AbortController();
    const settle = (how, value) => {
      end.abort();
      clearTimeout(timer);
      how(value);
    };
    const look = () => condition() && settle(resolve, true);
    const timer = setTimeout(() => settle(resolve, condition()), milliseconds);
    signal.addEventListener('abort', () => settle(reject, signal.reason), { signal: end.signal });
    for (const [target, name] of events) {
      target.addEventListener(name, look, { signal: end.signal });
    }
    if (signal.aborted) {
      settle(reject, signal.reason);
    } else {
      look();
    }
  });
}
