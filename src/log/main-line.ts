/** Lines of the main log: `YYYY-MM-DD HH:MM:SS,mmm LEVL message\n`, in local time. */

/** Supervisor's four-letter codes. */
export const LEVEL_CODES = {
  critical: 'CRIT',
  error: 'ERRO',
  warn: 'WARN',
  info: 'INFO',
  debug: 'DEBG',
  trace: 'TRAC',
  blather: 'BLAT',
} as const;

/** `wall` is milliseconds since the epoch. A message of several lines gets its prefix once. */
export type LineFormatter = (wall: number, level: keyof typeof LEVEL_CODES, message: string) => string;

export function createLineFormatter(): LineFormatter {
  const moment = createMomentFormatter();
  return (wall, level, message) => `${moment(wall)} ${LEVEL_CODES[level]} ${message}\n`;
}

/**
 * `YYYY-MM-DD HH:MM:SS,mmm` in local time. A formatter remembers the text of the last second, for a busy log writes
 * many lines in each.
 */
export function createMomentFormatter(): (wall: number) => string {
  let second = Number.NaN;
  let text = '';
  return (wall) => {
    const now = Math.floor(wall / 1000);
    if (now !== second) {
      second = now;
      text = localSecond(new Date(now * 1000));
    }
    return `${text},${digits(Math.floor(wall) - now * 1000, 3)}`;
  };
}

function localSecond(date: Date): string {
  const day = `${digits(date.getFullYear(), 4)}-${digits(date.getMonth() + 1, 2)}-${digits(date.getDate(), 2)}`;
  return `${day} ${digits(date.getHours(), 2)}:${digits(date.getMinutes(), 2)}:${digits(date.getSeconds(), 2)}`;
}

function digits(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
