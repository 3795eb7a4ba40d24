// What a TURN URL says (RFC 7065): turn:HOST[:PORT][?transport=udp|tcp], and turns: for TLS and DTLS.

const DEFAULT_PORT = 3478;
const DEFAULT_TLS_PORT = 5349;

/** { url, host, port, transport: UDP | TCP | TLS | DTLS, family: IPv4 | IPv6 | '' for a name } */
export function parseTurnUrl(url) {
  const [, scheme, authority, query = ''] = /^(turns?):([^?]+)(?:\?(.*))?$/i.exec(url) ?? [];
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(authority ?? '') ?? [];
  const secure = scheme?.toLowerCase() === 'turns';
  const asked = new URLSearchParams(query).get('transport')?.toLowerCase();
  const overTcp = asked ? asked === 'tcp' : secure;
  const host = bracketed ?? plain ?? url;
  return {
    url,
    host,
    port: Number(port ?? (secure ? DEFAULT_TLS_PORT : DEFAULT_PORT)),
    transport: secure ? (overTcp ? 'TLS' : 'DTLS') : (overTcp ? 'TCP' : 'UDP'),
    family: bracketed ? 'IPv6' : /^\d+(\.\d+){3}$/.test(host) ? 'IPv4' : '',
  };
}

/** HOST:PORT, an IPv6 address in brackets; some browsers put them there already. */
export const hostAndPort = (host, port) => `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;

/** The STUN URL at the same place: every TURN server over UDP is a STUN server (RFC 8656 section 3). */
export const stunUrlAt = ({ host, port }) => `stun:${hostAndPort(host, port)}`;
