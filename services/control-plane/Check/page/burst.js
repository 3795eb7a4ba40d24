// As many bytes as the way takes for a moment, and not one more than is fair: they count against quotas as those of a call do.

import { BULK, onPackets, packet } from './packet.js';
import { until } from './waiting.js';

/** At most so much is sent, in at most so long. */
export const MOST_BYTES = 512 * 1024;
export const MOST_MILLISECONDS = 1000;

// A packet of a video call.
const SIZE = 1100;
const BACKLOG = 64 * 1024;
const LATEST = 500;

/** { bytes that arrived, milliseconds from the first to the last, bitsPerSecond or null, lost: 0 to 1 } */
export async function burst(call, signal) {
  const progress = new EventTarget();
  let sent = 0;
  let arrived = 0;
  let first = 0;
  let last = 0;
  let counted = 0;
  const stop = onPackets(call.far, ({ kind, size }) => {
    if (kind !== BULK) {
      return;
    }
    last = performance.now();
    if (arrived++ === 0) {
      first = last;
    } else {
      counted += size;
    }
    progress.dispatchEvent(new Event('arrived'));
  });
  const open = () => call.near.readyState === 'open' && call.far.readyState === 'open';
  call.near.bufferedAmountLowThreshold = BACKLOG / 2;
  try {
    const end = performance.now() + MOST_MILLISECONDS;
    while (sent * SIZE < MOST_BYTES && performance.now() < end && open()) {
      if (call.near.bufferedAmount > BACKLOG) {
        await until(() => call.near.bufferedAmount <= BACKLOG / 2 || !open(), [[call.near, 'bufferedamountlow'], [call.near, 'close']], end - performance.now(), signal);
      } else {
        call.near.send(packet(BULK, sent++, SIZE));
      }
    }
    await until(() => arrived === sent || !open(), [[progress, 'arrived'], [call.near, 'close']], LATEST, signal);
    // What has not left the browser yet was not lost on the way.
    sent -= Math.ceil(call.near.bufferedAmount / SIZE);
  } finally {
    stop();
  }
  const milliseconds = last - first;
  return {
    bytes: arrived * SIZE,
    milliseconds,
    bitsPerSecond: milliseconds > 0 ? counted * 8000 / milliseconds : null,
    lost: sent > 0 ? Math.max(0, 1 - arrived / sent) : 0,
  };
}
