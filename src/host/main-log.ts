import { createLineFormatter } from '../log/main-line.ts';
import {
  type Clock,
  type Files,
  LOG_LEVELS,
  type LogLevel,
  type LogSink,
  type MainLog,
  type Syslog,
} from '../supervisor/ports.ts';

export interface MainLogOptions {
  /** undefined: no file. */
  readonly path: string | undefined;
  /** Where every line goes as a message of its own. */
  readonly syslog?: Syslog;
  readonly maxBytes: number;
  readonly backups: number;
  /** Messages less urgent than this are dropped. */
  readonly level: LogLevel;
  /** Where every line goes as well: stdout, in the foreground. Closed by whoever opened it. */
  readonly copyTo?: LogSink;
}

/** The main log of the daemon. Until it is opened, and after it is closed, messages are kept for the next opening. */
export interface DaemonLog extends MainLog {
  /**
   * Opens the file and writes what was kept: the most urgent level first, as Supervisor does. Throws an Error
   * with `code` when the file cannot be opened; then the messages are still kept.
   */
  open(options: MainLogOptions): void;
  /** Closes and opens the path again, for log rotation by others. */
  reopen(): void;
  /** Removes the content. Throws an Error with `code` when the file cannot be removed or made anew. */
  clear(): void;
  close(): void;
  /** Bytes that the file could not take. */
  readonly lost: number;
}

/** Messages kept before the opening; a configuration with more complaints than this has said enough. */
const MAX_KEPT = 10_000;

export function createMainLog(clock: Pick<Clock, 'wall'>, files: Pick<Files, 'openLog'>): DaemonLog {
  const format = createLineFormatter();
  let kept: { level: LogLevel; message: string }[] = [];
  let sinks: readonly LogSink[] | undefined;
  let file: LogSink | undefined;
  let system: Syslog | undefined;
  let threshold = -1;

  function write(level: LogLevel, message: string): void {
    if (sinks === undefined) {
      if (kept.length < MAX_KEPT) kept.push({ level, message });
      return;
    }
    if (rank(level) > threshold) return;
    const now = clock.wall();
    const line = Buffer.from(format(now, level, message));
    for (const sink of sinks) sink.write(line);
    if (system === undefined) return;
    // With a line end in each message, as Supervisor has it.
    for (const part of message.replace(/\n+$/, '').split('\n')) system.send(format(now, level, part));
  }

  return {
    write,
    enabled: (level) => sinks === undefined || rank(level) <= threshold,
    get lost() {
      return file?.lost ?? 0;
    },
    open({ path, syslog, maxBytes, backups, level, copyTo }) {
      // A loss is told in the log itself: it reaches stdout at once, and the file when it works again.
      const onLoss = (message: string): void => write('error', message);
      file = path === undefined ? undefined : files.openLog(path, { maxBytes, backups, onLoss });
      sinks = [file, copyTo].filter((sink) => sink !== undefined);
      system = syslog;
      threshold = rank(level);
      const messages = kept.toSorted((a, b) => rank(a.level) - rank(b.level));
      kept = [];
      for (const entry of messages) write(entry.level, entry.message);
    },
    reopen: () => file?.reopen(),
    clear: () => file?.clear(),
    close() {
      file?.close();
      file = undefined;
      system = undefined;
      sinks = undefined;
    },
  };
}

function rank(level: LogLevel): number {
  return LOG_LEVELS.indexOf(level);
}
