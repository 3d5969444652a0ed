/** Rules about what is run. */
import { ValueError } from '../config-error.ts';
import { splitCommand } from '../shlex.ts';
import type { GroupConfig, ProcessConfig } from '../types.ts';
import type { RuleInput } from './check.ts';
import type { CheckMachine } from './machine.ts';

/** What is searched when neither the program nor the daemon has a PATH. */
const DEFAULT_PATH = '/bin:/usr/bin:/usr/local/bin';

export function checkPrograms(input: RuleInput): void {
  for (const group of input.config.groups) {
    if (group.processes.length === 0) reportEmpty(group, input);
    for (const process of group.processes) {
      checkCommand(process, input);
      checkDirectory(process, input);
      checkRestart(process, input);
      checkUser(process, input);
    }
  }
  checkSockets(input);
}

function reportEmpty({ kind, name }: GroupConfig, { raw, report }: RuleInput): void {
  const section = [`group:${name}`, `${kind === 'fcgi' ? 'fcgi-program' : kind}:${name}`].find(
    (candidate) => raw.section(candidate) !== undefined,
  );
  if (section === undefined) return;
  const option = section.startsWith('group:') ? 'programs' : 'numprocs';
  report({ code: 'empty-group', message: 'there is nothing to run in this group', section, option });
}

function checkCommand({ command, environment, place }: ProcessConfig, input: RuleInput): void {
  const { context, machine, raw, report } = input;
  // A missing command has been reported.
  if (raw.option(place.section, 'command') === undefined) return;
  const path = environment.get('PATH') ?? context.world.env.get('PATH') ?? DEFAULT_PATH;
  const message = commandFault(command, path, machine);
  if (message === undefined) return;
  report({ code: 'command', message, section: place.section, option: 'command' });
}

function commandFault(command: string, path: string, machine: CheckMachine): string | undefined {
  try {
    const [word] = splitCommand(command);
    return word === undefined ? 'command is empty' : machine.commandFault(word, path);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    return `the command cannot be split into words: ${error.message}`;
  }
}

function checkDirectory({ directory, place }: ProcessConfig, { context, report }: RuleInput): void {
  if (directory === undefined || context.files.isDirectory(directory)) return;
  const home = directory.startsWith('~') ? '; ~ is not expanded here' : '';
  const message = `${directory} is not an existing folder: the program cannot start${home}`;
  report({ code: 'directory', message, section: place.section, option: 'directory' });
}

function checkRestart(process: ProcessConfig, { report }: RuleInput): void {
  const { autorestart, startsecs, stopsignal, place } = process;
  const { section } = place;
  if (autorestart === 'always' && startsecs === 0) {
    const message =
      'with startsecs=0 no start counts as failed: a program that ends at once is started for ever';
    report({ code: 'restart-loop', message, section, option: 'autorestart' });
  }
  if (stopsignal === 0) {
    const message = 'signal 0 reaches no program: each stop waits for stopwaitsecs and then kills';
    report({ code: 'stopsignal', message, section, option: 'stopsignal' });
  }
}

function checkUser({ user, place }: ProcessConfig, { context, report }: RuleInput): void {
  const { world } = context;
  if (user === undefined || world.uid === 0) return;
  const number = /^\d+$/.test(user) ? Number(user) : user;
  if (world.lookupUser(number)?.uid === world.uid) return;
  const message = 'only a daemon that is root can run programs as another user';
  report({ code: 'user-without-root', message, section: place.section, option: 'user' });
}

/** Processes of one section share a socket; two sections cannot. */
function checkSockets({ config, report }: RuleInput): void {
  const owners = new Map<string, string>();
  for (const { socket, place } of config.groups.flatMap(({ processes }) => processes)) {
    if (socket === undefined) continue;
    const owner = owners.get(socket.url) ?? place.section;
    owners.set(socket.url, owner);
    if (owner === place.section) continue;
    const message = `[${owner}] opens the same socket`;
    report({ code: 'same-address', message, severity: 'error', section: place.section, option: 'socket' });
  }
}
