/** Where the main log goes: a file or syslog, and the daemon's own stdout as well. */
import type { DaemonConfig } from '../config/types.ts';
import { errorCode } from '../host/error-code.ts';
import type { DaemonLog } from '../host/main-log.ts';
import type { Host, LogSink } from '../supervisor/ports.ts';
import { StartError } from './start-error.ts';

/** Throws {@link StartError}. */
export function openMainLog(config: DaemonConfig, log: DaemonLog, host: Host): void {
  const { supervisord } = config;
  const { logfile, logfileMaxbytes, logfileBackups, loglevel, silent, nodaemon } = supervisord;
  const path = mainLogfile(config);
  try {
    log.open({
      path,
      ...(path === undefined && { syslog: host.syslog }),
      maxBytes: logfileMaxbytes,
      backups: logfileBackups,
      level: loglevel,
      ...(nodaemon && !silent && { copyTo: openStdout(host) }),
    });
  } catch (error) {
    throw new StartError(`The log file ${logfile} cannot be opened: ${errorCode(error)}`, { cause: error });
  }
}

/** undefined: it goes to syslog. */
export function mainLogfile({ supervisord: { logfile } }: DaemonConfig): string | undefined {
  return logfile === 'syslog' ? undefined : logfile;
}

/** The daemon's own stdout, which never waits for its reader. */
export function openStdout({ files }: Host): LogSink {
  return files.openLog('/dev/stdout', { maxBytes: 0, backups: 0, onLoss: () => undefined });
}
