/** The options of `[program:x]`, and of what is a program with something added. */

import { ABSTRACT_EVENT_NAMES } from '../../catalogue/events.ts';
import { EVENT_NAMES } from '../../catalogue/generated.ts';
import { type OptionFacts, row, type SectionFacts } from './option-facts.ts';

const HERALD = { herald: true } as const;
const SECONDS = { herald: true, minimum: 0, maximum: 1_000_000 } as const;

function channel(name: 'stdout' | 'stderr'): Record<string, OptionFacts> {
  return {
    [`${name}_logfile`]: row('open-words', 'AUTO', `log of ${name}: a path, AUTO or NONE`, {
      words: ['AUTO', 'NONE', 'OFF', 'syslog'],
    }),
    [`${name}_logfile_maxbytes`]: row('bytes', '50MB', 'rotate the log at this size; 0: never'),
    [`${name}_logfile_backups`]: row('integer', '10', 'rotated logs to keep', { minimum: 0 }),
    [`${name}_capture_maxbytes`]: row(
      'bytes',
      '0',
      'longest PROCESS_COMMUNICATION message; 0: none are sent',
    ),
    [`${name}_events_enabled`]: row(
      'boolean',
      'false',
      `send a PROCESS_LOG event for all that is written to ${name}`,
    ),
    [`${name}_syslog`]: row('boolean', 'false', `send ${name} to syslog as well`),
  };
}

const PROGRAM: Readonly<Record<string, OptionFacts>> = {
  command: row('text', undefined, 'what to run, with its arguments; no shell is involved', {
    required: true,
    example: '/bin/cat',
  }),
  process_name: row(
    'text',
    '%(program_name)s',
    'name of a process; needs %(process_num)d when there are several',
  ),
  numprocs: row('integer', '1', 'how many processes of this program to run', { maximum: 10_000 }),
  numprocs_start: row('integer', '0', 'the first %(process_num)d'),
  priority: row('integer', '999', 'lower ones start first and stop last'),
  autostart: row('boolean', 'true', 'start with the daemon'),
  autorestart: row(
    'words',
    'unexpected',
    'start again after an exit; unexpected: if its status is not in exitcodes',
    {
      words: ['true', 'false', 'unexpected', 'yes', 'no', 'on', 'off', '1', '0'],
    },
  ),
  essential: row('words', 'false', 'end the daemon with this program: when it stays down, or as said', {
    words: ['true', 'false', 'fatal', 'unexpected', 'exit', 'yes', 'no', 'on', 'off', '1', '0'],
    herald: true,
  }),
  startsecs: row('integer', '1', 'seconds to stay up to count as RUNNING'),
  startretries: row('integer', '3', 'failed starts in a row before FATAL'),
  exitcodes: row('exitcodes', '0', 'exit statuses that are expected'),
  stopsignal: row('signal', 'TERM', 'signal that asks it to stop'),
  stopwaitsecs: row('integer', '10', 'seconds to wait before SIGKILL'),
  stopasgroup: row(
    'boolean',
    'false',
    'send the stop signal to the whole process group, and wait until nobody is left in it',
  ),
  killasgroup: row(
    'boolean',
    'false',
    'send SIGKILL to the whole process group, also to who is left when the program has ended; default: as stopasgroup',
  ),
  user: row('text', undefined, 'run as this user; needs root', { example: 'nobody' }),
  umask: row('octal', undefined, 'file mode creation mask; default: that of the daemon', { example: '022' }),
  directory: row('path', undefined, 'change to this folder first', { example: '/tmp' }),
  environment: row('pairs', '', 'added to the environment, as KEY="value",KEY2="value"'),
  serverurl: row('open-words', 'AUTO', 'SUPERVISOR_SERVER_URL of the process; AUTO: computed', {
    words: ['AUTO'],
  }),
  log_format: row('words', 'plain', 'how lines are logged', {
    words: ['plain', 'timestamp', 'json'],
    herald: true,
  }),
  log_prefix: row('text', '', 'text in front of each logged line', HERALD),
  redirect_stderr: row('boolean', 'false', 'send stderr where stdout goes'),
  ...channel('stdout'),
  ...channel('stderr'),
};

const LISTENER: Readonly<Record<string, OptionFacts>> = {
  events: row('list', undefined, 'names of events, or of families such as PROCESS_STATE, between commas', {
    required: true,
    example: 'PROCESS_STATE',
    words: [...ABSTRACT_EVENT_NAMES, ...EVENT_NAMES],
  }),
  buffer_size: row('integer', '10000', 'events that may wait (10 with compat=supervisor)', { minimum: 1 }),
  result_handler: row('text', 'supervisor.dispatchers:default_handler', 'what judges the answers'),
  prefetch: row('integer', '1', 'events in flight at once, per process', {
    ...HERALD,
    minimum: 1,
    maximum: 65_536,
  }),
  ack_timeout: row('seconds', '0', 'seconds to answer an event; 0: only warn', SECONDS),
  protocol_error: row('words', 'restart', 'what happens to a listener that writes something else', {
    words: ['restart', 'ignore'],
    herald: true,
  }),
  retry_delay: row('seconds', '1', 'seconds before a rejected event comes again, doubled each time', SECONDS),
  retry_delay_max: row('seconds', '60', 'longest of these delays', SECONDS),
  max_deliver: row('integer', '0', 'deliveries before an event is given up; 0: no limit', {
    ...HERALD,
    minimum: 0,
  }),
  durable: row('boolean', 'false', 'keep events on disk until they are acknowledged', HERALD),
  extended: row('boolean', 'false', 'more tokens in headers and payloads', HERALD),
  length_unit: row('words', 'characters', 'what len: counts', {
    words: ['characters', 'bytes'],
    herald: true,
  }),
  programs: row('list', '', 'only events about these: patterns of group:name; empty: all', HERALD),
  drain_timeout: row('seconds', '10', 'seconds to work on at shutdown', SECONDS),
};

const SOCKET: Readonly<Record<string, OptionFacts>> = {
  socket: row('text', undefined, 'unix:///absolute/path or tcp://host:port, handed over as stdin', {
    required: true,
    example: 'tcp://127.0.0.1:9000',
  }),
  socket_owner: row('text', undefined, 'owner of a unix socket: user or user:group', {
    example: 'root:root',
  }),
  socket_mode: row('octal', undefined, 'mode of a unix socket; default: 0700', { example: '0700' }),
  socket_backlog: row('integer', undefined, 'connections that may wait', {
    minimum: 1,
    maximum: 65_535,
    example: '128',
  }),
};

export const PROCESS_SECTIONS: readonly SectionFacts[] = [
  {
    name: 'program:',
    prefix: true,
    example: 'x',
    about: 'A program to run',
    options: PROGRAM,
  },
  {
    name: 'eventlistener:',
    prefix: true,
    example: 'x',
    about: 'A program that is told about events; a pool of them when there are several processes',
    // Only the group starts early; the processes keep the priority of programs unless one is written.
    options: {
      ...PROGRAM,
      priority: row('integer', undefined, 'as for programs; default: before them', { example: '-1' }),
      ...LISTENER,
    },
  },
  {
    name: 'fcgi-program:',
    prefix: true,
    example: 'x',
    about: 'A program that serves a socket which the daemon opens',
    options: { ...PROGRAM, ...SOCKET },
  },
  {
    name: 'group:',
    prefix: true,
    example: 'x',
    about: 'Programs that are started and stopped together; they leave the groups of their own',
    options: {
      programs: row('list', '', 'names of programs between commas'),
      priority: row('integer', '999', 'lower ones start first and stop last'),
    },
  },
];
