/** The daemon's own life: start and stop order, groups that come and go, what children inherit. */
import type { Scenario } from '../scenario.ts';
import { dormant, listener, PUPPET, program, section } from '../sections.ts';

const GROUPS =
  program('a', PUPPET, { priority: 30 }) +
  program('b', PUPPET, { priority: 10 }) +
  program('c', PUPPET, { priority: 20 });

/** A reader of the child's own world; what differs from run to run is cut off. */
function inherits(name: string, shell: string, options: Readonly<Record<string, string>> = {}): Scenario {
  return {
    name: `a child's ${name}`,
    config: dormant('x', `/bin/sh -c '${shell}'`, { autorestart: 'false', ...options }),
    script: async (d) => {
      await d.ask('startProcess', 'x', false);
      await d.state('x', 'EXITED');
      d.note('said', await d.read('x.out'));
    },
  };
}

export const daemonScenarios: readonly Scenario[] = [
  {
    name: 'SUPERVISOR_STATE_CHANGE_RUNNING comes first',
    config: listener('L', 'SUPERVISOR_STATE_CHANGE,PROCESS_STATE_STARTING') + program('x'),
    script: (d) => d.running('L', 'x'),
    compare: { order: 'sequence' },
  },
  {
    name: 'SUPERVISOR_STATE_CHANGE_STOPPING comes at shutdown',
    config: listener('L', 'SUPERVISOR_STATE_CHANGE') + program('slow', PUPPET, { stopwaitsecs: 600 }),
    script: async (d) => {
      await d.running('L', 'slow');
      await d.waitEvents('L', 'SUPERVISOR_STATE_CHANGE_RUNNING');
      await d.tell('slow', 'note TERM');
      await d.call('shutdown');
      await d.waitEvents('L', 'SUPERVISOR_STATE_CHANGE_STOPPING');
      await d.waitFile('notes', 'slow TERM');
      await d.tell('slow', 'exit 0');
      d.note('ended', await d.exited());
    },
  },
  {
    name: 'SIGTERM ends the daemon with status 0',
    config: program('x'),
    script: async (d) => {
      await d.running('x');
      await d.tell('x', 'answer TERM 0');
      d.daemon.signal('SIGTERM');
      d.note('ended', await d.exited());
      await d.noteFile('notes');
    },
  },
  {
    name: 'what a stop at shutdown tells listeners',
    config:
      listener('L', 'PROCESS_STATE_STOPPING,PROCESS_STATE_STOPPED') + program('x', PUPPET, { priority: 1 }),
    script: async (d) => {
      await d.running('L', 'x');
      await d.tell('x', 'note TERM');
      await d.listening('L');
      await d.call('shutdown');
      await d.waitEvents('L', 'processname:x groupname:x from_state:RUNNING');
      await d.tell('x', 'exit 0');
      d.note('ended', await d.exited());
    },
    deviation: {
      name: 'drain-at-shutdown',
      herald: (oracle) => ({
        ...oracle,
        events: {
          L: {
            'x:x': [
              'PROCESS_STATE_STOPPING processname:x groupname:x from_state:RUNNING pid:PID(x.1)',
              'PROCESS_STATE_STOPPED processname:x groupname:x from_state:STOPPING pid:PID(x.1)',
            ],
          },
        },
      }),
    },
  },
  {
    name: 'programs start by priority, then by name',
    config: listener('L', 'PROCESS_STATE_STARTING') + GROUPS + program('z') + program('y'),
    script: (d) => d.running('a', 'b', 'c', 'y', 'z'),
    compare: { order: 'sequence' },
  },
  {
    name: 'a group of programs starts in the order of programs=',
    config: listener('L', 'PROCESS_STATE_STARTING') + GROUPS + section('group:g', { programs: 'c,a,b' }),
    script: (d) => d.running('g:a', 'g:b', 'g:c'),
    compare: { order: 'sequence' },
  },
  {
    name: 'groups start by their priority',
    config:
      listener('L', 'PROCESS_STATE_STARTING') +
      GROUPS +
      section('group:late', { programs: 'b', priority: 50 }) +
      section('group:soon', { programs: 'a', priority: 5 }),
    script: (d) => d.running('soon:a', 'late:b', 'c'),
    compare: { order: 'sequence' },
  },
  {
    name: 'startAllProcesses goes by priority',
    config:
      listener('L', 'PROCESS_STATE_STARTING') +
      dormant('a', PUPPET, { priority: 30 }) +
      dormant('b', PUPPET, { priority: 10 }) +
      dormant('c', PUPPET, { priority: 20 }),
    script: async (d) => {
      await d.running('L');
      await d.callSorted('startAllProcesses');
      await d.running('a', 'b', 'c');
    },
    compare: { order: 'sequence' },
  },
  {
    name: 'startProcessGroup and stopProcessGroup go by rising priority',
    config:
      listener('L', 'PROCESS_STATE_STARTING,PROCESS_STATE_STOPPING') +
      GROUPS +
      section('group:g', { programs: 'a,b,c' }),
    script: async (d) => {
      await d.running('L', 'g:a', 'g:b', 'g:c');
      await d.ask('stopProcessGroup', 'g');
      await d.ask('startProcessGroup', 'g');
      await d.running('g:a', 'g:b', 'g:c');
    },
    compare: { order: 'sequence' },
  },
  {
    name: 'at shutdown, groups stop one after the other by falling priority',
    config: GROUPS,
    script: async (d) => {
      await d.running('a', 'b', 'c');
      for (const name of ['a', 'b', 'c']) await d.tell(name, 'answer TERM 0');
      await d.shutdown();
      await d.noteFile('notes');
    },
  },
  {
    name: 'at shutdown, members of a group are signalled by falling priority',
    config:
      listener('L', 'PROCESS_STATE_STOPPING', '', { priority: 1 }) +
      GROUPS +
      section('group:g', { programs: 'a,b,c' }),
    script: async (d) => {
      await d.running('L', 'g:a', 'g:b', 'g:c');
      for (const name of ['a', 'b', 'c']) await d.tell(name, 'note TERM');
      await d.listening('L');
      await d.call('shutdown');
      await d.waitEvents('L', 'groupname:g', 3);
      for (const name of ['a', 'b', 'c']) await d.tell(name, 'exit 0');
      d.note('ended', await d.exited());
      const events = await d.events('L');
      d.note(
        'order',
        events.map((event) => /processname:(\S+) groupname:g/.exec(event.payload)?.[1] ?? '').filter(Boolean),
      );
    },
    compare: { listeners: [] },
  },
  {
    name: 'groups that come and go',
    config: listener('L', 'PROCESS_GROUP') + dormant('x'),
    script: async (d) => {
      await d.running('L');
      const text = (await d.read('daemon.conf'))
        .replace('[program:x]', '[program:y]')
        .replace('startsecs=0', 'startsecs=0 ');
      await d.write('daemon.conf', `${text}\n[program:z]\ncommand=/bin/cat\nautostart=false\n`);
      await d.call('reloadConfig');
      await d.call('addProcessGroup', 'x');
      await d.call('addProcessGroup', 'y');
      await d.call('addProcessGroup', 'y');
      await d.call('addProcessGroup', 'z');
      await d.ask('startProcess', 'z');
      await d.call('removeProcessGroup', 'z');
      await d.ask('stopProcess', 'z');
      await d.call('removeProcessGroup', 'z');
      await d.call('removeProcessGroup', 'x');
      await d.call('reloadConfig');
      await d.write('daemon.conf', text.replace('command=', 'command=/bin/echo '));
      await d.call('reloadConfig');
      await d.write('daemon.conf', 'nonsense');
      const outcome = await d.ask('reloadConfig');
      d.note('fault', 'fault' in outcome ? outcome.fault[0] : null);
    },
  },
  inherits('working directory and umask', 'pwd; umask', { directory: '/usr', umask: '027' }),
  inherits('environment', 'env | grep -E "^(SUPERVISOR_|OWN)" | sort', { environment: 'OWN="a b",OWN2=c' }),
  inherits(
    'descriptors are pipes',
    'for f in 0 1 2; do test -p /dev/fd/$f && echo $f; done; echo x > /dev/stdout',
  ),
  {
    ...inherits('ignored signals', 'exec grep SigIgn /proc/self/status'),
    deviation: {
      name: 'sigpipe-default',
      herald: (oracle) => ({ ...oracle, notes: { said: 'SigIgn:\t0000000000000000\n' } }),
    },
  },
];
