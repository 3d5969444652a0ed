/** One line per reply, in the main log at level trace. Source: Supervisor 4.2.5, observed. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MainLog } from '../supervisor/ports.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function logAccess(log: MainLog, request: IncomingMessage, response: ServerResponse): void {
  if (!log.enabled('trace')) return;
  const { socket } = request;
  // A unix socket has no peer address.
  const peer =
    socket.remoteAddress === undefined ? 'localhost:0' : `${socket.remoteAddress}:${socket.remotePort}`;
  const before = socket.bytesWritten;
  response.on('finish', () => {
    const line = `${request.method} ${request.url} HTTP/${request.httpVersion}`;
    const sent = socket.bytesWritten - before;
    log.write('trace', `${peer} - - [${formatDate(new Date())}] "${line}" ${response.statusCode} ${sent}`);
  });
}

/** Local time as `22/Nov/2026:07:13:34 +0000`. */
function formatDate(date: Date): string {
  const day = `${pad(date.getDate())}/${MONTHS[date.getMonth()]}/${date.getFullYear()}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  const east = -date.getTimezoneOffset();
  const zone = `${pad(Math.floor(Math.abs(east) / 60))}${pad(Math.abs(east) % 60)}`;
  return `${day}:${time} ${east < 0 ? '-' : '+'}${zone}`;
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
