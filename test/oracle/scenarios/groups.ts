/** Groups and pools: who is in them, who starts when, and who is told last. */
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { dormant, listener, PUPPET, program, section } from '../sections.ts';
import { callMethod, encodeCall, exchange } from '../xml-rpc-client.ts';

/** Names in the order of their lines. */
async function order(d: Driver, word: 'spawned' | 'stopped'): Promise<readonly string[]> {
  const lines = (await d.read('main.log')).split('\n').filter((line) => line.includes(`${word}: `));
  return lines.map((line) => /(?:spawned: '|stopped: )([^' ]+)/.exec(line)?.[1] ?? line);
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

export const groupScenarios: readonly Scenario[] = [
  {
    name: 'groups: the same program in two of them',
    config:
      program('x', PUPPET, { process_name: '%(program_name)s_%(group_name)s' }) +
      section('group:g', { programs: 'x' }) +
      section('group:h', { programs: 'x' }),
    script: async (d) => {
      await d.running('g:x_g', 'h:x_h');
      await d.call('getAllProcessInfo');
      await d.call('stopProcessGroup', 'g');
      await d.call('getProcessInfo', 'h:x_h');
    },
  },
  {
    name: 'groups: without programs',
    config: section('group:g', { priority: 1 }) + section('group:h', { programs: '' }) + dormant('x'),
    script: async (d) => {
      await d.call('getAllProcessInfo');
      await d.call('startProcessGroup', 'g');
      await d.call('getProcessInfo', 'g:*');
      await d.call('removeProcessGroup', 'h');
    },
  },
  {
    name: 'groups: numprocs=0',
    config: dormant('x', PUPPET, { numprocs: 0 }) + dormant('y'),
    script: async (d) => {
      await d.call('getAllProcessInfo');
      await d.call('startProcessGroup', 'x');
    },
  },
  {
    name: 'groups: the order of the start, by groups, names and numbers',
    config:
      program('b', '/bin/cat', { priority: 10 }) +
      program('a', '/bin/cat', { priority: 10 }) +
      dormant('asleep', '/bin/cat', { priority: 1 }) +
      program('many', '/bin/cat', {
        numprocs: 3,
        numprocs_start: 9,
        process_name: 'many_%(process_num)d',
        stdout_logfile: 'NONE',
        stderr_logfile: 'NONE',
      }) +
      program('p', '/bin/cat', { priority: 1 }) +
      program('q', '/bin/cat', { priority: 2 }) +
      section('group:g', { programs: 'q,p', priority: 500 }),
    script: async (d) => {
      await d.running('a', 'b', 'many:many_9', 'many:many_10', 'many:many_11', 'g:p', 'g:q');
      d.note('spawned', await order(d, 'spawned'));
    },
  },
  {
    name: 'groups: listeners start first, unless they have a priority',
    config:
      program('a', '/bin/cat', { priority: 1 }) +
      listener('late', 'REMOTE_COMMUNICATION', '', { priority: 2000 }) +
      listener('usual', 'REMOTE_COMMUNICATION') +
      program('z', '/bin/cat'),
    script: async (d) => {
      await d.running('a', 'z', 'late', 'usual');
      d.note('spawned', await order(d, 'spawned'));
    },
  },
  {
    name: 'groups: the order of the shutdown',
    config:
      program('a', PUPPET, { priority: 1 }) +
      program('b', PUPPET, { priority: 2 }) +
      program('c', PUPPET, { priority: 3 }) +
      listener('L', 'REMOTE_COMMUNICATION'),
    script: async (d) => {
      await d.running('a', 'b', 'c', 'L');
      await d.tell('a', 'answer TERM 0');
      await d.shutdown();
      d.note('stopped', await order(d, 'stopped'));
    },
  },
  {
    name: 'groups: a listener with its own log files, stderr events and two processes',
    config: listener('L', 'REMOTE_COMMUNICATION', '', {
      numprocs: 2,
      process_name: '%(program_name)s_%(process_num)d',
      stdout_logfile: '%{dir}/L%(process_num)d.out',
      stderr_events_enabled: 'true',
      priority: 7,
      exitcodes: '0,2',
      environment: 'OWN=1',
    }),
    script: async (d) => {
      await d.running('L:L_0', 'L:L_1');
      await d.listening('L_0');
      await d.listening('L_1');
      await d.call('getProcessInfo', 'L:L_0');
      await d.ask('sendRemoteCommEvent', 'kind', 'data');
      await d.waitEvents('L', 'type:kind');
      await d.listening('L_0', 2);
      await d.noteFile('L1.out');
    },
  },
  {
    name: 'servers: a password',
    config: '[unix_http_server:locked]\nfile=%{dir}/locked.sock\nusername=me\npassword=secret %%\n\n',
    script: async (d) => {
      const asks = [undefined, basic('me', 'wrong'), basic('me', 'secret %'), basic('', ''), 'Digest x'];
      for (const authorization of asks) {
        const { status, headers } = await exchange(
          d.path('locked.sock'),
          'POST',
          '/RPC2',
          encodeCall('supervisor.getState', []),
          authorization,
        );
        d.note(`asking with ${authorization}`, { status, realm: headers['www-authenticate'] ?? '' });
      }
      await d.call('getState');
    },
  },
  {
    name: 'servers: a password kept as a SHA-1',
    config:
      '[unix_http_server:locked]\nfile=%{dir}/locked.sock\nusername=me\npassword={SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n\n',
    script: async (d) => {
      for (const password of ['secret', 'wrong', '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=']) {
        const { status } = await exchange(
          d.path('locked.sock'),
          'POST',
          '/RPC2',
          encodeCall('supervisor.getState', []),
          basic('me', password),
        );
        d.note(password, status);
      }
    },
  },
  {
    name: 'servers: each has the same methods',
    config: '[unix_http_server:second]\nfile=%{dir}/second.sock\nchmod=0777\n\n',
    script: async (d) => {
      d.note('state', JSON.stringify(await callMethod(d.path('second.sock'), 'supervisor.getState', [])));
      d.noteListing();
      await d.shutdown();
      d.noteListing('.');
      await d.noteLog();
    },
  },
  {
    name: 'servers: one whose folder does not exist',
    config: '[unix_http_server:second]\nfile=%{dir}/none/second.sock\n\n',
    launch: false,
    script: async (d) => {
      const { ended, stderr } = await d.runs('-n', '-c', d.path('daemon.conf'));
      d.note('refused', { ended, explained: stderr.includes('\nFor help, use PROGRAM -h\n') });
      d.noteListing();
    },
    deviation: {
      name: 'failed-start-leaves-no-socket',
      herald: (oracle) => {
        const files = oracle.notes['files in .'] as readonly string[];
        return {
          ...oracle,
          notes: { ...oracle.notes, 'files in .': files.filter((line) => !line.startsWith('d.sock ')) },
        };
      },
    },
  },
  {
    name: 'servers: credentials that are no Base64',
    config: '[unix_http_server:locked]\nfile=%{dir}/locked.sock\nusername=me\npassword=secret\n\n',
    script: async (d) => {
      const call = encodeCall('supervisor.getState', []);
      const { status } = await exchange(d.path('locked.sock'), 'POST', '/RPC2', call, 'Basic ?');
      d.note('status', status);
    },
    deviation: {
      name: 'bad-credentials-are-a-bad-request',
      herald: (oracle) => ({ ...oracle, notes: { status: 400 } }),
    },
  },
];
