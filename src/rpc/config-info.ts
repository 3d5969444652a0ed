/** `getAllConfigInfo`: the configuration that was read last, one struct per process. */
import type { ChannelConfig, GroupConfig, ProcessConfig } from '../config/types.ts';
import type { Facade } from '../supervisor/facade.ts';
import type { Channel } from '../supervisor/ports.ts';
import type { XmlRpcResult } from '../wire/xmlrpc-values.ts';

/** A user's number, undefined when there is no such user. */
export type ResolveUid = (user: string) => number | undefined;

/** Ordered by process name alone, as Supervisor does. */
export function listConfigInfo(facade: Facade, resolveUid: ResolveUid): XmlRpcResult {
  return facade.configured
    .flatMap((group) => group.processes.map((process) => ({ group, process })))
    .sort((a, b) => (a.process.name < b.process.name ? -1 : a.process.name > b.process.name ? 1 : 0))
    .map(({ group, process }) => describeConfig(facade, group, process, resolveUid));
}

function describeConfig(
  facade: Facade,
  group: GroupConfig,
  process: ProcessConfig,
  resolveUid: ResolveUid,
): XmlRpcResult {
  const { stdout, stderr, user } = process;
  return {
    autostart: process.autostart,
    autorestart: process.autorestart === 'unexpected' ? 'unexpected' : process.autorestart === 'always',
    directory: process.directory ?? 'none',
    uid: user === undefined ? 'none' : (resolveUid(user) ?? user),
    command: process.command,
    exitcodes: process.exitcodes,
    group: group.name,
    group_prio: group.priority,
    inuse: facade.groups.has(group.name),
    killasgroup: process.killasgroup,
    name: process.name,
    process_prio: process.priority,
    redirect_stderr: process.redirectStderr,
    startretries: process.startretries,
    startsecs: process.startsecs,
    stdout_capture_maxbytes: stdout.captureMaxbytes,
    stdout_events_enabled: stdout.eventsEnabled,
    stdout_logfile: showLogfile(facade, group, process, 'stdout'),
    stdout_logfile_backups: stdout.backups,
    stdout_logfile_maxbytes: stdout.maxbytes,
    stdout_syslog: stdout.syslog,
    stopsignal: process.stopsignal,
    stopwaitsecs: process.stopwaitsecs,
    stderr_capture_maxbytes: stderr.captureMaxbytes,
    stderr_events_enabled: stderr.eventsEnabled,
    stderr_logfile: showLogfile(facade, group, process, 'stderr'),
    stderr_logfile_backups: stderr.backups,
    stderr_logfile_maxbytes: stderr.maxbytes,
    stderr_syslog: stderr.syslog,
    serverurl: process.serverurl ?? 'none',
  };
}

/**
 * A generated log is shown by its path while the active process was made from this very configuration, and as
 * `auto` after a reread, when the two are no longer the same thing.
 */
function showLogfile(facade: Facade, group: GroupConfig, process: ProcessConfig, channel: Channel): string {
  const { logfile }: ChannelConfig = process[channel];
  if (logfile.kind === 'none') return logfile.blank ? '' : 'none';
  if (logfile.kind === 'file') return logfile.path;
  const view = facade.groups.get(group.name)?.processes.get(process.name);
  return (view?.config === process ? view.logfile(channel) : undefined) ?? 'auto';
}
