// A numbered stream like that of a voice call, sent back by the far end: what is lost, how long it takes, how even it is.

import { Jitter, spread } from './figures.js';
import { VOICE, echo, onPackets, packet } from './packet.js';
import { until } from './waiting.js';

/** Packets a second, and bytes each: as Opus speaks. */
export const RATE = 50;
export const SIZE = 160;

/** What is later than so many milliseconds is lost for a call. */
export const LATEST = 1000;

const INTERVAL = 1000 / RATE;

// The computer slept, or the browser stopped the page: the network has no part in that.
const PAUSE = 500;

/**
 * Runs one. The samples grow meanwhile: { at: ms since the start, roundTrip: ms or null, lost } by number.
 * @param {import('./call.js').RelayCall} call
 * @param {EventTarget} clock fires "tick" about every 20 ms
 * @param {(samples: {at: number, roundTrip: number | null, lost: boolean}[]) => void} changed is called with every tick
 */
export async function stream(call, seconds, clock, changed, signal) {
  const count = Math.max(1, Math.round(seconds * RATE));
  const samples = [];
  const transits = [];
  const jitter = new Jitter();
  let returned = 0;
  let paused = 0;

  const stopFar = onPackets(call.far, ({ kind, sent }, data) => {
    if (kind === VOICE) {
      const transit = performance.now() - sent;
      transits.push(transit);
      jitter.add(transit);
      if (call.far.readyState === 'open') {
        call.far.send(echo(data));
      }
    }
  });
  const progress = new EventTarget();
  const stopNear = onPackets(call.near, ({ number, sent }) => {
    if (samples[number]?.roundTrip === null) {
      samples[number].roundTrip = performance.now() - sent;
      samples[number].lost = false;
      returned++;
      progress.dispatchEvent(new Event('returned'));
    }
  });

  const started = performance.now();
  let ticked = started;
  let judged = 0;
  // A packet that is on its way is not lost yet.
  const judge = latest => {
    while (judged < samples.length && samples[judged].at <= latest) {
      samples[judged].lost = samples[judged].roundTrip === null;
      judged++;
    }
  };
  const tick = () => {
    const now = performance.now();
    if (now - ticked > PAUSE) {
      paused += now - ticked;
    }
    ticked = now;
    while (samples.length < count && started + paused + samples.length * INTERVAL <= now && call.near.readyState === 'open') {
      samples.push({ at: samples.length * INTERVAL, roundTrip: null, lost: false });
      call.near.send(packet(VOICE, samples.length - 1, SIZE));
    }
    judge(now - started - paused - LATEST);
    changed(samples);
    progress.dispatchEvent(new Event('tick'));
  };
  clock.addEventListener('tick', tick);
  try {
    // A stream ends by its count; only a page that sleeps, or a channel that closed, keeps it from it.
    const closed = () => call.near.readyState !== 'open' || call.far.readyState !== 'open';
    await until(() => samples.length === count || closed(), [[progress, 'tick'], [call.near, 'close'], [call.far, 'close']], 3_600_000, signal);
    await until(() => returned === count || closed(), [[progress, 'returned']], LATEST, signal);
  } finally {
    clock.removeEventListener('tick', tick);
    stopFar();
    stopNear();
  }
  judge(Infinity);
  changed(samples);
  return {
    seconds: count / RATE,
    sent: count,
    arrived: transits.length,
    returned,
    lost: 1 - transits.length / count,
    lostBothWays: 1 - returned / count,
    oneWay: spread(transits),
    roundTrip: spread(samples.map(sample => sample.roundTrip).filter(each => each !== null)),
    jitter: transits.length > 1 ? jitter.value : null,
    paused,
  };
}
