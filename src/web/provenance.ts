/**
 * Where a browser says that a request comes from. A page of somebody else can make a browser send requests here, with
 * the password that it remembers; browsers mark such requests, and other clients mark nothing.
 */
import type { IncomingHttpHeaders } from 'node:http';

/** Why a request that changes something is refused, as a sentence; undefined when it is not. */
export function refuseForeign(headers: IncomingHttpHeaders): string | undefined {
  const site = headers['sec-fetch-site'];
  // The browser has compared what it knows itself, and no proxy has been in between.
  if (site === 'same-origin' || site === 'none') return undefined;
  if (site === 'cross-site' || site === 'same-site') {
    return `your browser says that another site has caused it (Sec-Fetch-Site: ${site}).`;
  }
  for (const [name, value] of [
    ['Origin', headers.origin],
    ['Referer', headers.referer],
  ] as const) {
    if (value === undefined) continue;
    if (isOwnHost(hostOf(value), headers)) return undefined;
    return (
      `your browser says that it comes from elsewhere (${name}: ${printable(value)}), not from ` +
      `${printable(headers.host ?? 'this host')}. A proxy in between must hand on the Host header, or send ` +
      'X-Forwarded-Host.'
    );
  }
  return undefined;
}

/**
 * Why a GET that changes something is refused when a browser sends it without a word about where it comes from. A page
 * of somebody else can ask for that silence, and over plain HTTP there is nothing else to go by.
 */
export function refuseUnmarked(headers: IncomingHttpHeaders): string | undefined {
  const isBrowser = headers['user-agent']?.startsWith('Mozilla/') === true;
  const isMarked =
    headers['sec-fetch-site'] !== undefined || headers.origin !== undefined || headers.referer !== undefined;
  return isBrowser && !isMarked
    ? 'your browser does not say where it comes from, so it may come from another site.'
    : undefined;
}

/** Other sites can neither set a Host header nor X-Forwarded-Host. */
function isOwnHost(host: string | undefined, headers: IncomingHttpHeaders): boolean {
  const forwarded = headers['x-forwarded-host'];
  const own = [headers.host, ...(typeof forwarded === 'string' ? forwarded.split(',') : [])];
  return host !== undefined && own.some((each) => each !== undefined && plain(each) === plain(host));
}

/** `null`, and whatever else is no URL, has none. */
function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}

/** The usual ports may be left out, and a proxy speaks another scheme than we do. */
function plain(host: string): string {
  return host
    .trim()
    .toLowerCase()
    .replace(/:(80|443)$/, '');
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
