/** Rules about log files: whether they can be written, and whether two writers meet in one. */
import { absolutePath, directoryName } from '../paths.ts';
import type { ChannelConfig, ProcessConfig } from '../types.ts';
import type { RuleInput } from './check.ts';

type ChannelName = 'stdout' | 'stderr';

interface Writer {
  readonly section: string;
  readonly option: string;
  readonly who: string;
  readonly rotates: boolean;
}

export function checkLogs(input: RuleInput): void {
  const { supervisord } = input.config;
  const writers = new Map<string, Writer>();
  const main = { section: 'supervisord', option: 'logfile', who: 'the main log' };
  if (supervisord.logfile !== 'syslog' && !supervisord.logfile.endsWith('/syslog'))
    checkFile(supervisord.logfile, { ...main, rotates: supervisord.logfileMaxbytes > 0 }, writers, input);
  checkFolder(supervisord.pidfile, 'supervisord', 'pidfile', input);
  for (const process of input.config.groups.flatMap(({ processes }) => processes)) {
    checkChannel(process, 'stdout', process.stdout, writers, input);
    checkChannel(process, 'stderr', process.stderr, writers, input);
    checkRedirect(process, input);
  }
  checkChildLogDir(input);
}

function checkChannel(
  process: ProcessConfig,
  channel: ChannelName,
  { logfile, maxbytes }: ChannelConfig,
  writers: Map<string, Writer>,
  input: RuleInput,
): void {
  const { section } = process.place;
  const option = `${channel}_logfile`;
  if (logfile.kind === 'auto' && maxbytes === 0) {
    const message = 'an AUTO log that is never rotated fills the disk';
    input.report({ code: 'auto-log-without-rotation', message, section, option: `${option}_maxbytes` });
  }
  if (logfile.kind !== 'file') return;
  const who = `${channel} of ${process.group}:${process.name}`;
  checkFile(logfile.path, { section, option, who, rotates: maxbytes > 0 }, writers, input);
}

function checkFile(path: string, writer: Writer, writers: Map<string, Writer>, input: RuleInput): void {
  const file = absolutePath(path, input.context.world);
  const { section, option } = writer;
  if (isStream(file)) {
    if (writer.rotates) {
      const message = `${file} cannot be rotated: ${option}_maxbytes must be 0`;
      input.report({ code: 'rotated-stream', message, section, option });
    }
    return;
  }
  const other = writers.get(file);
  if (other === undefined) writers.set(file, writer);
  else if (writer.rotates || other.rotates) {
    const message = `${other.who} writes ${file} too, and rotation by one takes the file from the other`;
    input.report({ code: 'shared-log', message, section, option });
  }
  checkFolder(file, section, option, input);
}

function isStream(file: string): boolean {
  return /^\/dev\/(stdout|stderr|null|tty|fd\/\d+)$|^\/proc\/self\/fd\/\d+$/.test(file);
}

function checkFolder(
  path: string,
  section: string,
  option: string,
  { context, machine, report }: RuleInput,
): void {
  const file = absolutePath(path, context.world);
  const folder = directoryName(file);
  // A folder that does not exist is an error of the reading already, unless it stands for the working directory.
  if (!context.files.isDirectory(folder)) return;
  if (context.files.isDirectory(file)) {
    report({ code: 'log-is-folder', message: `${file} is a folder`, severity: 'error', section, option });
  } else if (!machine.mayWrite(file) || (!context.files.exists(file) && !machine.mayWriteInto(folder))) {
    report({ code: 'unwritable', message: `${file} cannot be written by this user`, section, option });
  }
}

/** Where AUTO logs go. */
function checkChildLogDir({ config, machine, report }: RuleInput): void {
  const { childlogdir } = config.supervisord;
  const used = config.groups.some(({ processes }) =>
    processes.some(({ stdout, stderr }) => stdout.logfile.kind === 'auto' || stderr.logfile.kind === 'auto'),
  );
  if (!used || machine.mayWriteInto(childlogdir)) return;
  const message = `AUTO logs go to ${childlogdir}, where this user cannot make files`;
  report({ code: 'unwritable', message, section: 'supervisord', option: 'childlogdir' });
}

function checkRedirect({ redirectStderr, place }: ProcessConfig, { raw, report }: RuleInput): void {
  if (!redirectStderr) return;
  const written = raw.option(place.section, 'stderr_logfile')?.value.trim().toLowerCase();
  if (written === undefined || ['auto', 'none', 'off', 'syslog', ''].includes(written)) return;
  const message = 'with redirect_stderr=true there is nothing for this file';
  report({ code: 'redirected-log', message, section: place.section, option: 'stderr_logfile' });
}
