/** The options of a process's stdout and stderr. */
import { parseFilePath } from './existing-paths.ts';
import type { NameSource, OptionReader } from './option-reader.ts';
import type { ReadContext } from './read-context.ts';
import type { ChannelConfig, LogTarget } from './types.ts';
import { parseBoolean, parseByteSize, parseInteger } from './values.ts';

const DEFAULT_MAXBYTES = 50 * 1024 * 1024;

/** What is read once per section, before the names of the single process are known. */
export interface ChannelEvents {
  readonly captureMaxbytes: number;
  readonly eventsEnabled: boolean;
}

export type ChannelName = 'stdout' | 'stderr';

export function readChannelEvents(
  reader: OptionReader,
  channel: ChannelName,
  names: NameSource,
): ChannelEvents {
  return {
    captureMaxbytes: reader.value(`${channel}_capture_maxbytes`, 0, names, parseByteSize),
    eventsEnabled: reader.value(`${channel}_events_enabled`, false, names, parseBoolean),
  };
}

/** `names` are those of the single process. Throws ConfigError. */
export function readChannel(
  reader: OptionReader,
  channel: ChannelName,
  names: NameSource,
  events: ChannelEvents,
  context: ReadContext,
): ChannelConfig {
  const option = `${channel}_logfile`;
  const logfile = reader.readOr<LogTarget | 'syslog', LogTarget>({ kind: 'none' }, () =>
    readTarget(reader, option, names, context),
  );
  const backups = reader.value(`${option}_backups`, 10, names, parseInteger);
  const maxbytes = reader.value(`${option}_maxbytes`, DEFAULT_MAXBYTES, names, parseByteSize);
  const syslog = reader.value(`${channel}_syslog`, false, names, parseBoolean);
  if (logfile === 'syslog') {
    context.notices.add(
      'warn',
      `For [${reader.section}], ${option}=syslog but this is deprecated and will be removed.  Use ` +
        `${channel}_syslog=true to enable syslog instead.`,
    );
    return { logfile: { kind: 'none' }, maxbytes, backups, ...events, syslog: true };
  }
  if (logfile.kind === 'auto' && maxbytes === 0) {
    context.notices.add(
      'warn',
      `For [${reader.section}], AUTO logging used for ${option} without rollover, set maxbytes > 0 to avoid ` +
        'filling up filesystem unintentionally',
    );
  }
  return { logfile, maxbytes, backups, ...events, syslog };
}

/** Supervisor expands this option twice, so a literal percent sign is written `%%%%`. */
function readTarget(
  reader: OptionReader,
  option: string,
  names: NameSource,
  context: ReadContext,
): LogTarget | 'syslog' {
  const once = reader.text(option, names);
  if (once === undefined) return { kind: 'auto' };
  const text = reader.expand(once, names, option);
  switch (text.toLowerCase()) {
    case 'none':
    case 'off':
      return { kind: 'none' };
    case 'auto':
      return { kind: 'auto' };
    case 'syslog':
      return 'syslog';
    default: {
      const path = reader.attempt(option, () => parseFilePath(text, context));
      return path === '' ? { kind: 'none' } : { kind: 'file', path };
    }
  }
}
