/** The values of processes and pools by option name, as text. An option that is not set is undefined. */
import type { ChannelConfig, LogTarget, PoolConfig, ProcessConfig, SocketConfig } from '../types.ts';
import { octalText, signalText } from './value-text.ts';

export type Values = Readonly<Record<string, string | undefined>>;

const RESTART_WORDS = { always: 'true', never: 'false', unexpected: 'unexpected' } as const;
const ESSENTIAL_WORDS = { down: 'true', never: 'false' } as const;

/** Without `environment` and `process_name`, whose text is not only a matter of the value. */
export function processValues(process: ProcessConfig): Values {
  const { autorestart, essential, lineFormat, socket } = process;
  return {
    command: process.command,
    priority: String(process.priority),
    autostart: String(process.autostart),
    autorestart: RESTART_WORDS[autorestart],
    essential: essential === 'down' || essential === 'never' ? ESSENTIAL_WORDS[essential] : essential,
    startsecs: String(process.startsecs),
    startretries: String(process.startretries),
    exitcodes: process.exitcodes.join(','),
    stopsignal: signalText(process.stopsignal),
    stopwaitsecs: String(process.stopwaitsecs),
    stopasgroup: String(process.stopasgroup),
    killasgroup: String(process.killasgroup),
    user: process.user,
    umask: process.umask === undefined ? undefined : octalText(process.umask),
    directory: process.directory,
    serverurl: process.serverurl ?? 'AUTO',
    redirect_stderr: String(process.redirectStderr),
    log_format: lineFormat?.format ?? 'plain',
    log_prefix: lineFormat?.prefix ?? '',
    ...channelValues('stdout', process.stdout),
    ...channelValues('stderr', process.stderr),
    ...(socket === undefined ? {} : socketValues(socket)),
  };
}

function channelValues(name: 'stdout' | 'stderr', channel: ChannelConfig): Values {
  return {
    [`${name}_logfile`]: targetText(channel.logfile),
    [`${name}_logfile_maxbytes`]: String(channel.maxbytes),
    [`${name}_logfile_backups`]: String(channel.backups),
    [`${name}_capture_maxbytes`]: String(channel.captureMaxbytes),
    [`${name}_events_enabled`]: String(channel.eventsEnabled),
    [`${name}_syslog`]: String(channel.syslog),
  };
}

function targetText(target: LogTarget): string {
  if (target.kind === 'file') return target.path;
  if (target.kind === 'auto') return 'AUTO';
  return target.blank ? '' : 'NONE';
}

/** The owner stays as it was written: its default depends on the user. */
function socketValues({ url, address, backlog }: SocketConfig): Values {
  return {
    socket: url,
    socket_mode: address.kind === 'unix' ? octalText(address.mode) : undefined,
    socket_backlog: backlog === undefined ? undefined : String(backlog),
  };
}

export function poolValues(pool: PoolConfig): Values {
  return {
    events: pool.events.join(','),
    buffer_size: String(pool.bufferSize),
    result_handler: pool.resultHandler,
    prefetch: String(pool.prefetch),
    ack_timeout: String(pool.ackTimeout),
    protocol_error: pool.protocolError,
    retry_delay: String(pool.retryDelay),
    retry_delay_max: String(pool.retryDelayMax),
    max_deliver: String(pool.maxDeliver),
    extended: String(pool.extended),
    length_unit: pool.lengthUnit,
    programs: pool.programs.join(','),
    drain_timeout: String(pool.drainTimeout),
  };
}
