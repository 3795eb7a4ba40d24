// Usage: node call.mjs '{"urls":[…],"username":"…","credential":"…","bytes":10485760,"frames":100,"timeoutSeconds":60}'
// Runs call.html in headless Chromium and prints one line of JSON: what the page saw, or { "error": … }.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const request = JSON.parse(process.argv[2]);
const page = await readFile(new URL('call.html', import.meta.url));

// The page comes from http://127.0.0.1, which browsers treat as a secure context: camera and crypto.subtle need one.
const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(page));
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  chromiumSandbox: false,
  args: [
    '--allow-loopback-in-peer-connection',
    '--disable-features=WebRtcHideLocalIpsWithMdns',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--autoplay-policy=no-user-gesture-required',
  ],
});

let result;
try {
  const tab = await browser.newPage();
  const url = `http://127.0.0.1:${server.address().port}/`;
  await tab.goto(url);
  const iceServers = [{ urls: request.urls, username: request.username, credential: request.credential }];
  const deadline = new Promise((_, reject) => setTimeout(
    () => reject(new Error(`the call did not end within ${request.timeoutSeconds} s`)), request.timeoutSeconds * 1000).unref());
  const call = tab.evaluate(options => window.call(options), { iceServers, bytes: request.bytes, frames: request.frames });
  result = await Promise.race([call, deadline]);
} catch (error) {
  result = { error: error.message };
}

await browser.close();
server.close();
console.log(JSON.stringify(result));
