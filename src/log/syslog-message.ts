/** Messages as syslog(3) of the C library sends them: `<14>Jan  2 03:04:05 tag: text`, in local time. */

/** Facility USER, severity INFO, as Supervisor logs everything. */
const PRIORITY = 1 * 8 + 6;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `wall` is milliseconds since the epoch. */
export function formatSyslogMessage(wall: number, tag: string, text: string): string {
  const date = new Date(wall);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) =>
    String(part).padStart(2, '0'),
  );
  const day = String(date.getDate()).padStart(2, ' ');
  return `<${PRIORITY}>${MONTHS[date.getMonth()]} ${day} ${time.join(':')} ${tag}: ${text}`;
}
