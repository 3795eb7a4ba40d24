// Asks the control plane for a credential that lives a few minutes, and says in clear words why there is none.

const PATH = 'v1/credentials:issue';
const LIFETIME = '300s';
const TAG = 'check';
const PATIENCE = 15_000;

const TITLES = {
  400: 'The control plane does not take this request.',
  401: 'This token is not accepted.',
  403: 'This token may not issue credentials here.',
  404: 'This realm cannot issue credentials.',
  429: 'The control plane asks for a pause: too many calls.',
  503: 'The control plane cannot issue credentials just now.',
};

/** Why no credential was issued. */
export class IssueProblem extends Error {
  /**
   * @param {string} title one sentence
   * @param {string} detail what the server says, or what to do
   * @param {{status?: number, reason?: string, wait?: number}} more the HTTP status (0: no answer), the reason for programs, and after
   *   how many seconds another try makes sense
   */
  constructor(title, detail, { status = 0, reason = '', wait = 0 } = {}) {
    super(title);
    Object.assign(this, { title, detail, status, reason, wait });
  }

  /** Another token would help. */
  get isAboutToken() {
    return this.status === 401 || this.status === 403 || this.reason === 'NO_TOKEN';
  }
}

/** Issues one: { servers: RTCIceServer[] with one URL each, expires: Date or null }. Throws IssueProblem. */
export async function issue(token, { realm, region, signal }) {
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new IssueProblem(TITLES[401], 'A token is one word of letters, digits and signs; this one has something else in it.', { reason: 'NO_TOKEN' });
  }
  const response = await ask(token, JSON.stringify({ ttl: LIFETIME, tag: TAG, realm, region }), signal);
  const body = await response.json().catch(() => null);
  if (!response.ok) {
    throw problemOf(response, body);
  }
  if (!Array.isArray(body?.iceServers)) {
    throw new IssueProblem('The control plane answers something else than credentials.', 'Is there a proxy in between that answers in its place?', { status: response.status });
  }
  const servers = body.iceServers.flatMap(({ urls, username, credential }) => [urls].flat().map(url => ({ urls: url, username, credential })));
  const turn = servers.filter(server => /^turns?:/i.test(server.urls));
  if (turn.length === 0) {
    throw noEdge('The credential came without any address to use it at.');
  }
  const expires = new Date(body.expireTime);
  return { servers: turn, expires: Number.isNaN(expires.getTime()) ? null : expires };
}

async function ask(token, body, signal) {
  try {
    return await fetch(new URL(PATH, document.baseURI), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
      cache: 'no-store',
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
    });
  } catch (error) {
    if (signal.aborted) {
      throw error;
    }
    throw new IssueProblem('The control plane does not answer.', `${new URL(PATH, document.baseURI).host} cannot be reached from here (${error.message}).`);
  }
}

function problemOf(response, body) {
  const details = body?.details ?? [];
  const reason = details.find(detail => detail.reason)?.reason ?? '';
  const wait = Number.parseFloat(details.find(detail => detail.retryDelay)?.retryDelay ?? response.headers.get('retry-after') ?? '0') || 0;
  const message = body?.message ?? `It answers ${response.status} ${response.statusText}`.trim();
  if (reason === 'NO_EDGE') {
    return noEdge(message, { status: response.status, reason, wait });
  }
  const title = TITLES[response.status] ?? 'The control plane cannot issue credentials.';
  return new IssueProblem(title, message, { status: response.status, reason, wait });
}

const noEdge = (detail, more) => new IssueProblem('No edge is ready, so there is nothing to check.', detail, { status: 503, reason: 'NO_EDGE', wait: 5, ...more });
