// Usage: node revoked.mjs '{"iceServers":[…],"timeoutSeconds":40}'
// Two peers in headless Chromium, allowed relayed candidates only, send each other a message every 20 ms. Prints { "connected": true } when
// messages flow and, when none has come for two seconds, { "lastMessageAt": … } in milliseconds of Unix time; or { "error": … }.
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';

const request = JSON.parse(process.argv[2]);
const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>A call</title>'));
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  chromiumSandbox: false,
  args: ['--allow-loopback-in-peer-connection', '--disable-features=WebRtcHideLocalIpsWithMdns'],
});

// In the page: resolves when both sides have heard ten messages; window.lastMessageAt goes on being set.
async function connect(iceServers) {
  const configuration = { iceServers, iceTransportPolicy: 'relay' };
  const [caller, callee] = [new RTCPeerConnection(configuration), new RTCPeerConnection(configuration)];
  caller.addEventListener('icecandidate', e => callee.addIceCandidate(e.candidate));
  callee.addEventListener('icecandidate', e => caller.addIceCandidate(e.candidate));
  const heard = channel => new Promise(resolve => {
    let count = 0;
    channel.addEventListener('message', () => {
      window.lastMessageAt = Date.now();
      if (++count === 10) {
        resolve();
      }
    });
    const talk = () => setInterval(() => channel.readyState === 'open' && channel.send('x'), 20);
    channel.readyState === 'open' ? talk() : channel.addEventListener('open', talk);
  });
  const outgoing = caller.createDataChannel('talk', { ordered: false, maxRetransmits: 0 });
  const both = [heard(outgoing), new Promise(resolve => callee.addEventListener('datachannel', e => heard(e.channel).then(resolve)))];
  await caller.setLocalDescription();
  await callee.setRemoteDescription(caller.localDescription);
  await callee.setLocalDescription();
  await caller.setRemoteDescription(callee.localDescription);
  await Promise.all(both);
}

const late = new Promise((_, reject) => setTimeout(
  () => reject(new Error(`not over within ${request.timeoutSeconds} s`)), request.timeoutSeconds * 1000).unref());
try {
  const tab = await browser.newPage();
  await tab.goto(`http://127.0.0.1:${server.address().port}/`);
  await Promise.race([tab.evaluate(connect, request.iceServers), late]);
  console.log(JSON.stringify({ connected: true }));
  const silence = tab.waitForFunction(() => Date.now() - window.lastMessageAt > 2000, null, { polling: 100, timeout: 0 });
  await Promise.race([silence, late]);
  console.log(JSON.stringify({ lastMessageAt: await tab.evaluate(() => window.lastMessageAt) }));
} catch (error) {
  console.log(JSON.stringify({ error: error.message }));
}

await browser.close();
server.close();
