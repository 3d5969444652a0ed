/** Methods that succeed: structs in every state, groups, signals, stdin, introspection, the raw text. */

import type { Scenario } from '../scenario.ts';
import { dormant, listener, PUPPET, program, section } from '../sections.ts';
import { encodeCall, type Value } from '../xml-rpc-client.ts';

const TRIO =
  program('a', PUPPET, { priority: 30 }) +
  program('b', PUPPET, { priority: 10 }) +
  dormant('c', PUPPET, { priority: 20 }) +
  section('group:g', { programs: 'a,b,c' });

export const rpcScenarios: readonly Scenario[] = [
  {
    name: 'who the daemon is',
    config: '',
    script: async (d) => {
      for (const method of ['getAPIVersion', 'getVersion', 'getIdentification', 'getState'])
        await d.call(method);
      d.note(
        'pid is right',
        JSON.stringify(await d.ask('getPID')) === JSON.stringify({ result: d.daemon.pid }),
      );
    },
  },
  {
    name: 'identifier= is told',
    config: listener('L', 'PROCESS_STATE'),
    supervisord: 'identifier=my-machine',
    script: async (d) => {
      await d.call('getIdentification');
    },
  },
  {
    name: 'getProcessInfo in every state',
    config:
      dormant('stopped') +
      program('starting', PUPPET, { startsecs: 600 }) +
      program('running') +
      program('stopping', PUPPET, { stopwaitsecs: 600 }) +
      program('backoff', '/bin/sh -c "exit 1"', { startsecs: 9, startretries: 1000 }) +
      program('exited', '/bin/sh -c "exit 6"', { autorestart: 'false' }) +
      program('fatal', '%{dir}/missing', { startretries: 0 }),
    script: async (d) => {
      await d.tell('stopping', 'ignore TERM');
      await d.running('stopping', 'running');
      await d.call('stopProcess', 'stopping', false);
      await d.state('starting', 'STARTING');
      await d.state('exited', 'EXITED');
      await d.state('fatal', 'FATAL');
      await d.state('backoff', 'BACKOFF');
      for (const state of ['stopped', 'starting', 'running', 'stopping', 'exited', 'fatal']) {
        await d.call('getProcessInfo', state);
      }
      await d.until('a look at BACKOFF', async () => {
        const outcome = await d.ask('getProcessInfo', 'backoff');
        const seen = 'result' in outcome && (outcome.result as { statename: string }).statename === 'BACKOFF';
        if (seen) d.record('getProcessInfo', ['backoff'], outcome);
        return seen;
      });
    },
  },
  {
    name: 'getAllProcessInfo is sorted by group and name',
    config: dormant('zebra') + dormant('apple', PUPPET, { priority: 1 }) + TRIO,
    script: async (d) => {
      await d.running('g:a', 'g:b');
      await d.call('getAllProcessInfo');
    },
  },
  {
    name: 'getAllConfigInfo',
    config:
      dormant('x', '/bin/sh -c "exit 0"', {
        autorestart: 'unexpected',
        exitcodes: '0,2',
        stopsignal: 'INT',
      }) +
      dormant('y', '/bin/cat', {
        numprocs: 2,
        process_name: '%(program_name)s_%(process_num)02d',
        redirect_stderr: 'true',
        directory: '/',
      }),
    script: (d) => d.callConfigInfo(),
  },
  {
    name: 'startProcessGroup and stopProcessGroup',
    config: listener('L', 'PROCESS_STATE') + TRIO,
    script: async (d) => {
      await d.running('g:a', 'g:b');
      await d.callSorted('startProcessGroup', 'g');
      await d.running('g:c');
      await d.call('startProcessGroup', 'g');
      await d.callSorted('stopProcessGroup', 'g');
      await d.call('stopProcessGroup', 'g');
      await d.callSorted('startProcess', 'g:*');
      await d.running('g:a', 'g:b', 'g:c');
      await d.callSorted('stopProcess', 'g:');
    },
  },
  {
    name: 'group calls that do not wait',
    config: TRIO,
    script: async (d) => {
      await d.running('g:a', 'g:b');
      await d.callSorted('startProcessGroup', 'g', false);
      await d.running('g:c');
      await d.callSorted('stopProcessGroup', 'g', false);
      for (const name of ['g:a', 'g:b', 'g:c']) await d.state(name, 'STOPPED');
    },
  },
  {
    name: 'startAllProcesses and stopAllProcesses',
    config: TRIO + dormant('x') + dormant('y', '%{dir}/missing'),
    script: async (d) => {
      await d.running('g:a', 'g:b');
      await d.callSorted('startAllProcesses');
      await d.running('g:c', 'x');
      await d.callSorted('stopAllProcesses');
    },
  },
  {
    name: 'signals by name, by number, to groups and to all',
    config: TRIO + program('x'),
    script: async (d) => {
      await d.running('g:a', 'g:b', 'x');
      for (const name of ['g:a', 'g:b', 'x']) {
        await d.tell(name, 'note HUP');
        await d.tell(name, 'note USR1');
      }
      // Signals of one kind that are pending at the same time become one: each is awaited before the next.
      const calls: readonly (readonly [string, readonly Value[], number])[] = [
        ['signalProcess', ['x', 'HUP'], 1],
        ['signalProcess', ['x', 'SIGHUP'], 1],
        ['signalProcess', ['x', '1'], 1],
        ['signalProcess', ['x', 1], 1],
        ['signalProcess', ['x', 'usr1'], 1],
        ['signalProcessGroup', ['g', 'USR1'], 2],
        ['signalProcess', ['g:*', 'HUP'], 2],
        ['signalAllProcesses', ['HUP'], 3],
      ];
      let expected = 0;
      for (const [method, params, count] of calls) {
        await d.callSorted(method, ...params);
        expected += count;
        await d.until(
          `${expected} signals`,
          async () => (await d.read('notes')).split('\n').length > expected,
        );
      }
      d.note('notes', (await d.read('notes')).split('\n').filter(Boolean).toSorted());
    },
  },
  {
    name: 'sendProcessStdin: text arrives as UTF-8',
    config: program('x', '/bin/cat'),
    script: async (d) => {
      await d.running('x');
      await d.call('sendProcessStdin', 'x', 'one\n');
      await d.call('sendProcessStdin', 'x', '');
      await d.call('sendProcessStdin', 'x', 'zażółć 日本 🐢 <&>\n');
      await d.waitFile('x.out', '<&>\n');
      await d.noteFile('x.out');
    },
  },
  {
    name: 'system.multicall',
    config: dormant('x') + dormant('y', '%{dir}/missing'),
    script: async (d) => {
      await d.call('system.multicall', [
        { methodName: 'supervisor.getAPIVersion', params: [] },
        { methodName: 'supervisor.getState' },
        { methodName: 'supervisor.startProcess', params: ['x'] },
        { methodName: 'supervisor.startProcess', params: ['y'] },
        { methodName: 'supervisor.getProcessInfo', params: ['nobody'] },
        { methodName: 'supervisor.noSuchMethod', params: [] },
        { methodName: 'supervisor.getState', params: [1, 2, 3] },
        { methodName: 'system.multicall', params: [[]] },
        { params: [] },
      ]);
      await d.running('x');
      await d.call('system.multicall', [
        { methodName: 'supervisor.stopProcess', params: ['x'] },
        { methodName: 'supervisor.stopProcess', params: ['x'] },
      ]);
      await d.call('system.multicall', []);
    },
  },
  {
    name: 'system.listMethods and signatures',
    config: '',
    script: async (d) => {
      const outcome = await d.ask('system.listMethods');
      if (!('result' in outcome)) throw new Error(JSON.stringify(outcome));
      const names = (outcome.result as string[]).filter((name) => !name.startsWith('herald.'));
      d.note('methods', names);
      for (const name of names) await d.call('system.methodSignature', name);
    },
  },
  {
    name: 'answers, letter by letter',
    config: dormant('x'),
    script: async (d) => {
      const calls: readonly (readonly [string, readonly Value[]])[] = [
        ['supervisor.getState', []],
        ['supervisor.getIdentification', []],
        ['supervisor.stopProcess', ['x']],
        ['supervisor.startProcess', ['<&>"\'']],
        ['supervisor.startProcess', ['é']],
        ['supervisor.reloadConfig', []],
        ['supervisor.stopAllProcesses', []],
        ['supervisor.tailProcessLog', ['x', 0, 10]],
        ['system.methodSignature', ['supervisor.startProcess']],
        ['system.multicall', [[{ methodName: 'supervisor.getState' }, { methodName: 'x' }]]],
      ];
      for (const [method, params] of calls) await d.post(method, encodeCall(method, params));
    },
  },
  {
    name: 'nil as a parameter',
    config: dormant('x', PUPPET, { startsecs: 600 }),
    script: async (d) => {
      await d.call('startProcess', 'x', null);
      await d.state('x', 'STARTING');
      for (const method of ['readProcessStdoutLog', 'tailProcessStdoutLog', 'tailProcessStderrLog'])
        await d.call(method, 'x', null, null);
      await d.call('readLog', 0, null);
      await d.call('sendProcessStdin', 'x', null);
      await d.call('getState', null);
      await d.call('stopProcess', 'x', true);
      await d.call('stopAllProcesses', null);
    },
  },
];
