// What travels through a test call: its kind, its number, when it was sent, and zeros up to its size.

export const VOICE = 1;
export const ECHO = 2;
export const BULK = 3;

const HEADER = 16;

export function packet(kind, number, size) {
  const view = new DataView(new ArrayBuffer(Math.max(size, HEADER)));
  view.setUint8(0, kind);
  view.setUint32(4, number);
  view.setFloat64(8, performance.now());
  return view.buffer;
}

export function read(buffer) {
  const view = new DataView(buffer);
  return { kind: view.getUint8(0), number: view.getUint32(4), sent: view.getFloat64(8), size: buffer.byteLength };
}

/** The same packet on its way back. */
export function echo(buffer) {
  new DataView(buffer).setUint8(0, ECHO);
  return buffer;
}

/** Listens to a channel until it is told to stop. */
export function onPackets(channel, listener) {
  const heard = ({ data }) => listener(read(data), data);
  channel.addEventListener('message', heard);
  return () => channel.removeEventListener('message', heard);
}
