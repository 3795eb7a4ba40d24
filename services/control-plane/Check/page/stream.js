// A numbered stream like that of a voice call, sent back by the far end: what is lost, how long it takes, how even it is.

import { Jitter, spread } from './figures.js';
import { Outlet } from './outlet.js';
import { ECHO, VOICE, echo, onPackets, packet } from './packet.js';
import { until } from './waiting.js';

/** Packets a second, and bytes each: as Opus speaks. */
export const RATE = 50;
export const SIZE = 160;

/** What is later than so many milliseconds is lost for a call. */
export const LATEST = 1000;

const INTERVAL = 1000 / RATE;

// The computer slept, or the browser stopped the page: the network has no part in that.
const PAUSE = 500;

// A page that sleeps longer is not waited for.
const LONGEST = 3_600_000;

/** @typedef {{at: number, roundTrip: number | null, lost: boolean, held: boolean}} Sample at: ms since the start; held: not sent */

/**
 * Runs one. The samples grow meanwhile, by number.
 * @param {import('./call.js').RelayCall} call
 * @param {EventTarget} clock fires "tick" about every 20 ms
 * @param {(samples: Sample[]) => void} changed is called with every tick
 */
export async function stream(call, seconds, clock, changed, signal) {
  const count = Math.max(1, Math.round(seconds * RATE));
  const samples = [];
  const transits = [];
  const jitter = new Jitter();
  const progress = new EventTarget();
  const forth = new Outlet(call.near);
  const back = new Outlet(call.far);
  let sent = 0;
  let echoed = 0;
  let paused = 0;

  const stopFar = onPackets(call.far, ({ kind, number, sent: left }, data) => {
    if (kind !== VOICE) {
      return;
    }
    const transit = performance.now() - left;
    transits.push(transit);
    jitter.add(transit);
    if (back.send(echo(data))) {
      echoed++;
    } else if (samples[number]) {
      samples[number].held = true;
    }
  });
  const stopNear = onPackets(call.near, ({ kind, number, sent: left }) => {
    if (kind === ECHO && samples[number]) {
      Object.assign(samples[number], { roundTrip: performance.now() - left, lost: false });
      progress.dispatchEvent(new Event('returned'));
    }
  });

  const started = performance.now();
  let ticked = started;
  let judged = 0;
  // A packet that is on its way is not lost yet.
  const judge = latest => {
    while (judged < samples.length && samples[judged].at <= latest) {
      const sample = samples[judged++];
      sample.lost = sample.roundTrip === null && !sample.held;
    }
  };
  const tick = () => {
    const now = performance.now();
    if (now - ticked > PAUSE) {
      paused += now - ticked;
    }
    ticked = now;
    while (samples.length < count && started + paused + samples.length * INTERVAL <= now && call.near.readyState === 'open') {
      const held = !forth.send(packet(VOICE, samples.length, SIZE));
      samples.push({ at: samples.length * INTERVAL, roundTrip: null, lost: false, held });
      sent += held ? 0 : 1;
    }
    judge(now - started - paused - LATEST);
    changed(samples);
    progress.dispatchEvent(new Event('tick'));
  };
  clock.addEventListener('tick', tick);
  try {
    // A stream ends by its count; only a page that sleeps, or a channel that closed, keeps it from it.
    const closed = () => call.near.readyState !== 'open' || call.far.readyState !== 'open';
    await until(() => samples.length === count || closed(), [[progress, 'tick'], [call.near, 'close'], [call.far, 'close']], LONGEST, signal);
    await until(() => samples.every(({ held, roundTrip }) => held || roundTrip !== null) || closed(), [[progress, 'returned']], LATEST, signal);
  } finally {
    clock.removeEventListener('tick', tick);
    stopFar();
    stopNear();
  }
  judge(Infinity);
  changed(samples);
  const returned = samples.map(sample => sample.roundTrip).filter(each => each !== null);
  return {
    seconds: count / RATE,
    sent,
    arrived: transits.length,
    echoed,
    returned: returned.length,
    held: count - echoed - (sent - transits.length),
    lost: share(sent - transits.length, sent),
    lostBack: share(echoed - returned.length, echoed),
    oneWay: spread(transits),
    roundTrip: spread(returned),
    jitter: transits.length > 1 ? jitter.value : null,
    paused,
  };
}

const share = (part, whole) => whole === 0 ? 0 : part / whole;
