/** Reading the body of a request: how much, and for how long. */
import type { IncomingMessage } from 'node:http';

/** Bytes. A multicall of everything on a large host stays well below. */
export const MAX_BODY = 32 * 1024 * 1024;
/** Milliseconds for a whole body: enough for a slow line, not for ever. */
const BODY_DEADLINE = 300_000;

/** What the header says: a length, or why there is none. */
export function announcedLength(request: IncomingMessage): number | 'missing' | 'too-large' {
  const header = request.headers['content-length'];
  if (header === undefined) return 'missing';
  const length = Number(header);
  return length <= MAX_BODY ? length : 'too-large';
}

/** Calls `done` with the whole body; never, when the client leaves or takes too long. */
export function readBody(request: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  const deadline = setTimeout(() => request.destroy(), BODY_DEADLINE);
  deadline.unref();
  request.on('data', (chunk: Buffer) => void chunks.push(chunk));
  request.on('end', () => {
    const [first] = chunks;
    done(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks));
  });
  // Comes after `end` too, and when the client has left.
  request.on('close', () => clearTimeout(deadline));
}

/** Reads a body away, so that a client that is still sending gets to read the reply. */
export function discardBody(request: IncomingMessage, done: () => void): void {
  const length = announcedLength(request);
  if (length === 'too-large' || length === 0 || length === 'missing') {
    done();
    return;
  }
  const deadline = setTimeout(() => request.destroy(), BODY_DEADLINE);
  deadline.unref();
  request.on('end', done);
  request.on('close', () => clearTimeout(deadline));
  request.resume();
}
