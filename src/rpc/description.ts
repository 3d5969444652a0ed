/** The one-line descriptions that `status` and the web page show. Source: Supervisor 4.2.5, observed. */
import type { ProcessSnapshot } from '../supervisor/facade.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `now` and the snapshot's times are epoch milliseconds. */
export function describeProcess(process: ProcessSnapshot, now: number): string {
  switch (process.state) {
    case 'RUNNING':
      return `pid ${process.pid}, uptime ${formatUptime(wholeSeconds(now) - wholeSeconds(process.startedAt))}`;
    case 'FATAL':
    case 'BACKOFF':
      return process.spawnError || `unknown error (try "tail ${process.name}")`;
    case 'STOPPED':
    case 'EXITED':
      return process.startedAt === 0 ? 'Not started' : formatStopTime(process.stoppedAt);
    default:
      return '';
  }
}

/** Seconds as Python writes a timedelta: `0:01:16`, `1 day, 0:00:03`. A clock that was set back gives zero. */
export function formatUptime(seconds: number): string {
  const left = Math.max(0, seconds);
  const days = Math.floor(left / 86400);
  const time = `${Math.floor((left % 86400) / 3600)}:${pad(Math.floor((left % 3600) / 60))}:${pad(left % 60)}`;
  return days === 0 ? time : `${days} day${days === 1 ? '' : 's'}, ${time}`;
}

/** Whole seconds in the range of a 32-bit integer, which is what clients of Supervisor can read. */
export function wholeSeconds(milliseconds: number): number {
  return Math.max(-2147483648, Math.min(2147483647, Math.trunc(milliseconds / 1000)));
}

/** Local time as `Nov 22 05:05 AM`. */
function formatStopTime(milliseconds: number): string {
  const at = new Date(milliseconds);
  const hours = at.getHours();
  const clock = `${pad(hours % 12 === 0 ? 12 : hours % 12)}:${pad(at.getMinutes())} ${hours < 12 ? 'AM' : 'PM'}`;
  return `${MONTHS[at.getMonth()]} ${pad(at.getDate())} ${clock}`;
}

function pad(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}
