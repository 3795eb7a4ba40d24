// Checks all ways: some at a time, those alone again that may have failed because of the others.

import { Lanes, Quiet } from './lanes.js';
import { until } from './waiting.js';

// Each holds two allocations while it runs.
const AT_ONCE = 4;

// Allocation Quota Reached, Insufficient Capacity (RFC 8656 section 19).
const FULL = [486, 508];
const isFull = ({ failure }) => FULL.includes(failure?.code);

// What the others held is given back within a moment.
const MOMENT = 1000;
const TRIES = 3;

/**
 * @param {import('./way.js').Way[]} ways
 * @param {{seconds: number, timeout: number}} settings
 */
export async function run(ways, settings, signal) {
  const worker = new Worker(new URL('ticker.js', import.meta.url));
  const clock = new EventTarget();
  worker.onmessage = () => clock.dispatchEvent(new Event('tick'));
  const quiet = new Quiet();
  const lanes = new Lanes(AT_ONCE);
  const check = way => signal.aborted ? way.stop() : way.check({ ...settings, clock, quiet }, signal);
  try {
    const open = ways.filter(way => !way.isOver);
    await Promise.all(open.map(way => lanes.run(() => check(way))));
    for (const way of open.length > 1 ? open.filter(isFull) : []) {
      for (let left = TRIES; left > 0 && isFull(way); left--) {
        await until(() => false, [], MOMENT, signal);
        await check(way);
      }
    }
  } finally {
    worker.terminate();
  }
}
