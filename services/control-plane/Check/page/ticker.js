// A worker: pages in the background have their timers slowed down, workers do not.
const INTERVAL = 20;
setInterval(() => postMessage(null), INTERVAL);
