/** What is refused, and with which fault. */
import type { Scenario } from '../scenario.ts';
import { dormant, listener, PUPPET, program } from '../sections.ts';

/** Methods that take a process, with what they want besides its name. */
const ABOUT_A_PROCESS: readonly (readonly [string, ...(string | number)[]])[] = [
  ['startProcess'],
  ['stopProcess'],
  ['getProcessInfo'],
  ['signalProcess', 'HUP'],
  ['sendProcessStdin', 'text'],
  ['readProcessStdoutLog', 0, 0],
  ['readProcessStderrLog', 0, 0],
  ['tailProcessStdoutLog', 0, 0],
  ['tailProcessStderrLog', 0, 0],
  ['clearProcessLogs'],
];

export const rpcFaultScenarios: readonly Scenario[] = [
  {
    name: 'faults of startProcess',
    config:
      program('running') +
      dormant('missing', '%{dir}/missing') +
      dormant('plain', '%{dir}/plain') +
      dormant('early', '/bin/sh -c "exit 1"', { startsecs: 9, startretries: 9 }) +
      dormant('ends', PUPPET, { startsecs: 600 }),
    script: async (d) => {
      await d.write('plain', 'data');
      await d.running('running');
      for (const name of ['running', 'missing', 'plain', 'early', 'nobody'])
        await d.call('startProcess', name);
      await d.state('early', 'BACKOFF');
      await d.call('startProcess', 'early');
      // A start that waits while somebody else stops the program.
      const waiting = d.ask('startProcess', 'ends');
      await d.state('ends', 'STARTING');
      await d.ask('stopProcess', 'ends');
      d.record('startProcess', ['ends'], await waiting);
    },
  },
  {
    name: 'faults of stopProcess',
    config:
      dormant('idle') +
      program('over', '/bin/sh -c "exit 0"') +
      program('fatal', '%{dir}/missing', { startretries: 0 }),
    script: async (d) => {
      await d.state('over', 'EXITED');
      await d.state('fatal', 'FATAL');
      for (const name of ['idle', 'over', 'fatal', 'nobody', 'nobody:x', 'idle:nobody'])
        await d.call('stopProcess', name);
    },
  },
  {
    name: 'faults of signalProcess and its kin',
    config: program('x') + dormant('idle'),
    script: async (d) => {
      await d.running('x');
      for (const signal of ['NONSENSE', '', '999', 'SIG', 999, -1])
        await d.call('signalProcess', 'x', signal);
      await d.call('signalProcess', 'idle', 'HUP');
      await d.call('signalProcess', 'idle', 'NONSENSE');
      await d.call('signalProcess', 'nobody', 'NONSENSE');
      await d.call('signalProcessGroup', 'nobody', 'HUP');
      await d.call('signalProcessGroup', 'idle', 'HUP');
      await d.call('signalProcessGroup', 'x', 'NONSENSE');
      await d.call('signalAllProcesses', 'NONSENSE');
    },
  },
  {
    name: 'faults of sendProcessStdin',
    config: program('x') + dormant('idle'),
    script: async (d) => {
      await d.running('x');
      await d.call('sendProcessStdin', 'idle', 'text');
      await d.call('sendProcessStdin', 'x', 5);
      await d.tell('x', 'close 0');
      await d.call('sendProcessStdin', 'x', 'text');
    },
  },
  {
    name: 'names that mean nothing',
    config: program('x'),
    script: async (d) => {
      await d.running('x');
      for (const name of [
        'nobody',
        'x:nobody',
        'nobody:x',
        '',
        ':',
        'x:x:x',
        '*',
        'constructor',
        '__proto__',
      ]) {
        for (const [method, ...rest] of ABOUT_A_PROCESS) await d.call(method, name, ...rest);
      }
    },
  },
  {
    name: 'a whole group where one process is wanted',
    config: program('x'),
    script: async (d) => {
      await d.running('x');
      for (const [method, ...rest] of ABOUT_A_PROCESS.slice(2).filter(([name]) => name !== 'signalProcess')) {
        await d.call(method, 'x:*', ...rest);
        await d.call(method, 'x:', ...rest);
      }
      for (const method of [
        'startProcessGroup',
        'stopProcessGroup',
        'addProcessGroup',
        'removeProcessGroup',
      ]) {
        await d.call(method, 'nobody');
      }
    },
  },
  {
    name: 'a wrong number of parameters',
    config: program('x'),
    script: async (d) => {
      await d.call('getState', 1);
      await d.call('getProcessInfo');
      await d.call('getProcessInfo', 'x', 'y');
      await d.call('startProcess');
      await d.call('startProcess', 'x', true, true);
      await d.call('readLog', 0);
      await d.call('readProcessStdoutLog', 'x');
      await d.call('sendRemoteCommEvent', 'type');
      await d.call('signalProcess', 'x');
      await d.call('system.multicall');
      await d.call('system.listMethods', 1);
      await d.call('system.methodHelp');
    },
  },
  {
    name: 'methods that do not exist',
    config: '',
    script: async (d) => {
      const names = [
        'supervisor.noSuchMethod',
        'supervisor.',
        '.',
        '.getState',
        'nobody.getState',
        'a.b.c',
        'supervisor.getState.x',
        'supervisor._update',
        'supervisor.__class__',
        'supervisor.constructor',
        'supervisor.__proto__',
        'supervisor.toString',
        'system.hasOwnProperty',
        'supervisor.supervisord',
        'SUPERVISOR.getState',
        'supervisor.getstate',
        'supervisor .getState',
      ];
      for (const name of names) await d.call(name);
      await d.call('system.methodSignature', 'no.such');
      await d.call('system.methodHelp', 'no.such');
    },
  },
  {
    name: 'logs that are not there',
    config: dormant('idle') + program('quiet', PUPPET, { stdout_logfile: 'NONE', stderr_logfile: 'NONE' }),
    script: async (d) => {
      await d.running('quiet');
      for (const name of ['idle', 'quiet']) {
        for (const [method, ...rest] of ABOUT_A_PROCESS.filter(([method]) => /Log/.test(method))) {
          await d.call(method, name, ...rest);
        }
      }
    },
  },
  {
    name: 'requests that are no calls',
    config: '',
    script: async (d) => {
      await d.post('no XML', 'this is not XML');
      await d.post('cut off', '<?xml version="1.0"?><methodCall><methodName>supervisor.getState</method');
      await d.post('no method', '<?xml version="1.0"?><methodCall><params></params></methodCall>');
      await d.post(
        'no params',
        '<?xml version="1.0"?><methodCall><methodName>supervisor.getAPIVersion</methodName></methodCall>',
      );
      await d.post(
        'white space',
        '<?xml version="1.0"?>\n<methodCall>\n <methodName>supervisor.getAPIVersion</methodName>\n <params>\n </params>\n</methodCall>\n',
      );
    },
  },
  {
    name: 'while shutting down, nearly everything is refused',
    config: program('slow', PUPPET, { stopwaitsecs: 600 }) + listener('L', 'SUPERVISOR_STATE_CHANGE_RUNNING'),
    script: async (d) => {
      await d.running('slow');
      await d.tell('slow', 'note TERM');
      await d.call('shutdown');
      await d.waitFile('notes', 'slow TERM');
      for (const method of [
        'getState',
        'getAPIVersion',
        'getAllProcessInfo',
        'shutdown',
        'restart',
        'stopAllProcesses',
      ]) {
        await d.call(method);
      }
      await d.call('startProcess', 'slow');
      await d.call('sendRemoteCommEvent', 'a', 'b');
      await d.call('system.multicall', [{ methodName: 'supervisor.getState' }]);
      await d.tell('slow', 'exit 0');
      d.note('ended', await d.exited());
    },
    compare: { listeners: [] },
  },
];
