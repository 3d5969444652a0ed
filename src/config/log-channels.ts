/** The options of a process's stdout and stderr. */
import { parseFilePath } from './existing-paths.ts';
import type { Names } from './names.ts';
import type { OptionReader } from './option-reader.ts';
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

function optionsOf<C extends ChannelName>(channel: C) {
  return {
    logfile: `${channel}_logfile`,
    backups: `${channel}_logfile_backups`,
    maxbytes: `${channel}_logfile_maxbytes`,
    captureMaxbytes: `${channel}_capture_maxbytes`,
    eventsEnabled: `${channel}_events_enabled`,
    syslog: `${channel}_syslog`,
  } as const;
}

/** The options by channel, spelt once and not for every process. */
const OPTIONS = { stdout: optionsOf('stdout'), stderr: optionsOf('stderr') };

export function readChannelEvents(reader: OptionReader, channel: ChannelName, names: Names): ChannelEvents {
  const options = OPTIONS[channel];
  return {
    captureMaxbytes: reader.value(options.captureMaxbytes, 0, names, parseByteSize),
    eventsEnabled: reader.value(options.eventsEnabled, false, names, parseBoolean),
  };
}

/** `names` are those of the single process. Throws ConfigError. */
export function readChannel(
  reader: OptionReader,
  channel: ChannelName,
  names: Names,
  events: ChannelEvents,
  context: ReadContext,
): ChannelConfig {
  const options = OPTIONS[channel];
  const logfile = reader.readOr<LogTarget | 'syslog', LogTarget>({ kind: 'none' }, () =>
    readTarget(reader, options.logfile, names, context),
  );
  const backups = reader.value(options.backups, 10, names, parseInteger);
  const maxbytes = reader.value(options.maxbytes, DEFAULT_MAXBYTES, names, parseByteSize);
  const syslog = reader.value(options.syslog, false, names, parseBoolean);
  if (logfile === 'syslog') {
    context.notices.add(
      'warn',
      `For [${reader.section}], ${options.logfile}=syslog but this is deprecated and will be removed.  Use ` +
        `${options.syslog}=true to enable syslog instead.`,
    );
    return { logfile: { kind: 'none' }, maxbytes, backups, syslog: true, ...events };
  }
  if (logfile.kind === 'auto' && maxbytes === 0) {
    context.notices.add(
      'warn',
      `For [${reader.section}], AUTO logging used for ${options.logfile} without rollover, set maxbytes > 0 to avoid ` +
        'filling up filesystem unintentionally',
    );
  }
  return { logfile, maxbytes, backups, syslog, ...events };
}

/** Supervisor expands this option twice, so a literal percent sign is written `%%%%`. */
function readTarget(
  reader: OptionReader,
  option: string,
  names: Names,
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
      return path === '' ? { kind: 'none', blank: true } : { kind: 'file', path };
    }
  }
}
