import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../src/host/clock.ts';
import { createRpcDispatcher } from '../../src/rpc/dispatcher.ts';
import { RpcFault } from '../../src/rpc/faults.ts';
import { createBulkWork } from '../../src/supervisor/bulk-work.ts';
import type { GroupView } from '../../src/supervisor/facade.ts';
import type { BulkWork } from '../../src/supervisor/ports.ts';
import { parseResponse } from '../../src/wire/xmlrpc-reader.ts';
import type { XmlRpcValue } from '../../src/wire/xmlrpc-values.ts';
import { writeCall, writeResponse } from '../../src/wire/xmlrpc-writer.ts';
import { Scene, settle } from '../supervisor/scene.ts';
import { FakeFacade, FakeLog, FakeProcess, FakeReader, makeConfig, makeGroup, NOW } from './fake-facade.ts';

function setUp(...groups: readonly GroupView[]) {
  // No time passes, so all items are in one slice, however busy the machine is.
  return setUpWith(createBulkWork({ monotonic: () => 0, after: systemClock.after }), ...groups);
}

function setUpWith(bulk: BulkWork, ...groups: readonly GroupView[]) {
  const facade = new FakeFacade(...groups);
  const reader = new FakeReader();
  const log = new FakeLog();
  const resolveUid = (user: string) => (user === 'root' ? 0 : undefined);
  const rpc = createRpcDispatcher(facade, {
    log,
    bulk,
    reader,
    version: '4.2.5',
    wall: () => NOW,
    resolveUid,
  });
  /** Calls, and gives back what a client would read. */
  const call = async (method: string, ...params: readonly XmlRpcValue[]): Promise<unknown> => {
    const response = parseResponse(Buffer.from(writeResponse(await rpc.call(method, params))));
    assert.equal(response.kind, 'result');
    return response.kind === 'result' ? plain(response.value) : undefined;
  };
  const fails = async (message: string, method: string, ...params: readonly XmlRpcValue[]) => {
    await assert.rejects(
      async () => rpc.call(method, params),
      (error) => error instanceof RpcFault && error.message === message,
      `${method} should fail with ${message}`,
    );
  };
  return { facade, reader, log, rpc, call, fails };
}

function plain(value: XmlRpcValue): unknown {
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([name, member]) => [name, plain(member)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

function alone(process: FakeProcess): GroupView {
  return makeGroup(process.group, [process]);
}

const ok = (group: string, name: string) => ({ name, group, status: 80, description: 'OK' });

describe('which methods can be called', () => {
  it('refuses every name that is not in the table', async () => {
    const { fails } = setUp();
    const names = [
      'constructor',
      '__proto__',
      'toString',
      'supervisor',
      'supervisor.',
      '.getPID',
      'supervisor.__proto__.x',
      'supervisor.constructor',
      'supervisor.__proto__',
      'supervisor._update',
      'supervisor.getPID.x',
      'supervisor.supervisord.options.warnings.linecache.os.system',
      'supervisor.GETPID',
      ' supervisor.getPID',
      'getPID',
      'hasOwnProperty',
    ];
    for (const name of names) await fails('UNKNOWN_METHOD', name);
  });

  it('refuses any other text', () => {
    const { rpc } = setUp();
    const known = new Set(rpc.call('system.listMethods', []) as string[]);
    fc.assert(
      fc.property(fc.string(), (name) => {
        fc.pre(!known.has(name));
        assert.throws(() => rpc.call(name, []), { message: 'UNKNOWN_METHOD' });
      }),
    );
  });

  it('counts parameters before anything else', async () => {
    const { facade, fails } = setUp();
    facade.state = 'SHUTDOWN';
    await fails('INCORRECT_PARAMETERS', 'supervisor.getPID', 1);
    await fails('INCORRECT_PARAMETERS', 'supervisor.startProcess');
    await fails('INCORRECT_PARAMETERS', 'supervisor.startProcess', 'x', true, 1);
    await fails('INCORRECT_PARAMETERS', 'system.multicall');
  });

  it('refuses types that cannot be meant', async () => {
    const { fails } = setUp(alone(new FakeProcess('x')));
    await fails('INCORRECT_PARAMETERS', 'supervisor.startProcess', 5);
    await fails('INCORRECT_PARAMETERS', 'supervisor.getProcessInfo', new Map());
    await fails('INCORRECT_PARAMETERS', 'supervisor.addProcessGroup', [1]);
    await fails('INCORRECT_PARAMETERS', 'supervisor.signalProcess', 'x', []);
    await fails('INCORRECT_PARAMETERS', 'supervisor.readProcessStdoutLog', 'x', 'zero', 'all');
    await fails('INCORRECT_PARAMETERS', 'system.multicall', 'x');
  });

  it('refuses nil wherever it can mean nothing', async () => {
    const { facade, fails } = setUp(alone(new FakeProcess('x')));
    for (const name of ['startProcess', 'startProcessGroup', 'getProcessInfo', 'addProcessGroup'])
      await fails('INCORRECT_PARAMETERS', `supervisor.${name}`, null);
    await fails('INCORRECT_PARAMETERS', 'supervisor.signalProcess', 'x', null);
    await fails('INCORRECT_PARAMETERS', 'supervisor.tailProcessStdoutLog', 'x', null, null);
    await fails('INCORRECT_PARAMETERS', 'supervisor.sendProcessStdin', 'x', null);
    await fails('INCORRECT_PARAMETERS', 'supervisor.sendRemoteCommEvent', 'a', null);
    assert.deepEqual(facade.seen, []);
    await fails('INCORRECT_PARAMETERS', 'system.multicall', null);
  });

  it('closes the gate while the daemon goes down, but for remote events and system methods', async () => {
    const { facade, rpc, call, fails } = setUp();
    assert.equal(await call('supervisor.shutdown'), true);
    const names = (rpc.call('system.listMethods', []) as string[]).filter((name) =>
      name.startsWith('supervisor.'),
    );
    assert.equal(names.length, 37);
    for (const name of names.filter((name) => name !== 'supervisor.sendRemoteCommEvent')) {
      const signature = (await call('system.methodSignature', name)) as string[];
      await fails('SHUTDOWN_STATE', name, ...signature.slice(1).map(() => '0'));
    }
    assert.equal(await call('supervisor.sendRemoteCommEvent', 'a', 'b'), true);
    assert.deepEqual(facade.seen, ['a|b']);
  });
});

describe('the daemon', () => {
  it('tells about itself', async () => {
    const { call } = setUp();
    assert.equal(await call('supervisor.getAPIVersion'), '3.0');
    assert.equal(await call('supervisor.getVersion'), '3.0');
    assert.equal(await call('supervisor.getSupervisorVersion'), '4.2.5');
    assert.equal(await call('supervisor.getIdentification'), 'supervisor');
    assert.equal(await call('supervisor.getPID'), 4242);
    assert.deepEqual(await call('supervisor.getState'), { statecode: 1, statename: 'RUNNING' });
  });

  it('rereads, adds and removes', async () => {
    const process = new FakeProcess('x');
    const { facade, call, fails } = setUp(alone(process));
    assert.deepEqual(await call('supervisor.reloadConfig'), [[['new'], [], ['old', 'older']]]);
    facade.rereadError = new Error('no section');
    await fails('CANT_REREAD: no section', 'supervisor.reloadConfig');
    await fails('ALREADY_ADDED: x', 'supervisor.addProcessGroup', 'x');
    await fails('BAD_NAME: y', 'supervisor.addProcessGroup', 'y');
    await fails('BAD_NAME: y', 'supervisor.removeProcessGroup', 'y');
    assert.equal(await call('supervisor.removeProcessGroup', 'x'), true);
    process.state = 'RUNNING';
    await fails('STILL_RUNNING: x', 'supervisor.removeProcessGroup', 'x');
    facade.groups.clear();
    assert.equal(await call('supervisor.addProcessGroup', 'x'), true);
  });

  it('refuses a reread when it has begun to go down meanwhile', async () => {
    const { facade, fails } = setUp();
    const { reloadConfig } = facade;
    facade.reloadConfig = () => {
      facade.shutdown();
      return reloadConfig.call(facade);
    };
    await fails('SHUTDOWN_STATE', 'supervisor.reloadConfig');
    facade.state = 'RUNNING';
    facade.rereadError = new Error('no section');
    await fails('CANT_REREAD: no section', 'supervisor.reloadConfig');
  });

  it('tells who has asked for a restart when a shutdown takes place instead', async () => {
    const { facade, call, fails } = setUp();
    assert.equal(await call('supervisor.restart'), true);
    facade.state = 'RUNNING';
    facade.restart = async () => facade.shutdown();
    await fails('SHUTDOWN_STATE', 'supervisor.restart');
  });

  it('answers others while a reread is in work', async () => {
    const scene = new Scene([]).start();
    const { bulk } = scene.host;
    const rpc = createRpcDispatcher(scene.supervisor, {
      ...{ log: new FakeLog(), bulk, reader: new FakeReader() },
      ...{ version: '4.2.5', wall: () => NOW },
    });
    const answers: string[] = [];
    const ask = async (method: string): Promise<void> => {
      const reply = await rpc.handle(Buffer.from(writeCall(method, [])));
      assert.equal(reply.status, 200);
      answers.push(method);
    };
    scene.slicesOfReread = 3;
    void ask('supervisor.reloadConfig');
    await ask('supervisor.getState');
    scene.host.clock.turn();
    await settle();
    await ask('supervisor.getAllProcessInfo');
    assert.deepEqual(answers, ['supervisor.getState', 'supervisor.getAllProcessInfo']);
    scene.host.clock.turn();
    await settle();
    assert.deepEqual(answers.slice(2), ['supervisor.reloadConfig']);
  });
});

describe('process info', () => {
  it('has the keys of Supervisor, in its order', async () => {
    const process = new FakeProcess('a<b');
    Object.assign(process, {
      state: 'RUNNING',
      pid: 77,
      startedAt: NOW - 76_500,
      stdoutLogfile: '/o',
      exitStatus: -1,
    });
    const { call } = setUp(alone(process));
    const info = (await call('supervisor.getProcessInfo', 'a<b')) as object;
    assert.deepEqual(Object.entries(info), [
      ['name', 'a<b'],
      ['group', 'a<b'],
      ['start', 1_699_999_923],
      ['stop', 0],
      ['now', 1_700_000_000],
      ['state', 20],
      ['statename', 'RUNNING'],
      ['spawnerr', ''],
      ['exitstatus', -1],
      ['logfile', '/o'],
      ['stdout_logfile', '/o'],
      ['stderr_logfile', ''],
      ['pid', 77],
      ['description', 'pid 77, uptime 0:01:17'],
    ]);
  });

  it('follows what changes, the log files included', async () => {
    const process = new FakeProcess('x');
    const { call } = setUp(alone(process));
    await call('supervisor.getAllProcessInfo');
    Object.assign(process, { state: 'BACKOFF', spawnError: 'a & b', stderrLogfile: '/e' });
    const [info] = (await call('supervisor.getAllProcessInfo')) as Record<string, unknown>[];
    assert.equal(info?.description, 'a & b');
    assert.equal(info?.stderr_logfile, '/e');
    assert.equal(info?.state, 30);
  });

  it('sorts by group and name, also after groups have come', async () => {
    const [b, z] = [alone(new FakeProcess('b')), new FakeProcess('z', 'm')];
    const { facade, call } = setUp(b, makeGroup('m', [z, new FakeProcess('c', 'm')], 1));
    const names = async () =>
      ((await call('supervisor.getAllProcessInfo')) as { group: string; name: string }[]).map(
        ({ group, name }) => `${group}:${name}`,
      );
    assert.deepEqual(await names(), ['b:b', 'm:c', 'm:z']);
    facade.groups.set('a', alone(new FakeProcess('a')));
    facade.groups.delete('b');
    assert.deepEqual(await names(), ['a:a', 'm:c', 'm:z']);
  });

  it('is of one process only', async () => {
    const { fails } = setUp(makeGroup('g', [new FakeProcess('a', 'g')]));
    for (const name of ['a', 'g', 'g:*', 'g:', 'g:zz', '', ':', 'zz:a', '__proto__', 'g:__proto__']) {
      await fails(`BAD_NAME: ${name}`, 'supervisor.getProcessInfo', name);
    }
  });
});

describe('config info', () => {
  it('reports what was read last, ordered by name', async () => {
    const b = new FakeProcess('b', 'g', {
      autorestart: 'always',
      user: 'root',
      exitcodes: [0, 2],
      stderr: { ...makeConfig('', '').stderr, logfile: { kind: 'none' }, maxbytes: 4 * 2 ** 30 },
    });
    b.stdoutLogfile = '/generated';
    const { facade, call } = setUp(makeGroup('g', [b], 5));
    const unused = makeConfig('a', 'a', { autorestart: 'never', user: 'nobody-here' });
    facade.configured = [
      ...facade.configured,
      { kind: 'program', name: 'a', priority: 1, processes: [unused], pool: undefined },
    ];
    const [first, second] = (await call('supervisor.getAllConfigInfo')) as Record<string, unknown>[];
    assert.equal(Object.keys(first ?? {}).length, 30);
    const picked = ['name', 'inuse', 'autorestart', 'uid', 'stdout_logfile', 'directory', 'group_prio'];
    assert.deepEqual(
      picked.map((key) => first?.[key]),
      ['a', false, false, 'nobody-here', 'auto', 'none', 1],
    );
    assert.deepEqual(
      picked.map((key) => second?.[key]),
      ['b', true, true, 0, '/generated', 'none', 5],
    );
    assert.deepEqual(second?.exitcodes, [0, 2]);
    assert.equal(second?.stderr_logfile, 'none');
    assert.equal(second?.stderr_logfile_maxbytes, 4 * 2 ** 30);
  });
});

describe('start and stop', () => {
  it('waits for a start', async () => {
    const process = new FakeProcess('x');
    const { call, fails } = setUp(alone(process));
    const started = call('supervisor.startProcess', 'x');
    process.finishStart();
    assert.equal(await started, true);
    await fails('ALREADY_STARTED: x', 'supervisor.startProcess', 'x');
  });

  it('does not wait when told not to', async () => {
    const process = new FakeProcess('x');
    const { call } = setUp(alone(process));
    assert.equal(await call('supervisor.startProcess', 'x', false), true);
    process.state = 'RUNNING';
    assert.equal(await call('supervisor.stopProcess', 'x', 0), true);
    assert.equal(process.state, 'STOPPING');
  });

  it('takes nil for false, as Python does', async () => {
    const process = new FakeProcess('x');
    const { call } = setUp(alone(process));
    assert.equal(await call('supervisor.startProcess', 'x', null), true);
    assert.equal(process.state, 'STARTING');
  });

  it('tells why a start failed', async () => {
    const process = new FakeProcess('x');
    const { call, fails } = setUp(alone(process));
    process.begunStart = { kind: 'NO_FILE', detail: 'no such file: /x' };
    await fails('NO_FILE: no such file: /x', 'supervisor.startProcess', 'x');
    process.begunStart = { kind: 'SPAWN_ERROR' };
    await fails('SPAWN_ERROR: x:x', 'supervisor.startProcess', 'x:x');
    process.begunStart = undefined;
    const waiting = call('supervisor.startProcess', 'x');
    process.finishStart({ kind: 'ABNORMAL_TERMINATION' });
    await assert.rejects(waiting, { message: 'ABNORMAL_TERMINATION: x' });
  });

  it('waits for a stop', async () => {
    const process = new FakeProcess('x');
    const { call, fails } = setUp(alone(process));
    await fails('NOT_RUNNING: x', 'supervisor.stopProcess', 'x');
    process.state = 'RUNNING';
    const stopped = call('supervisor.stopProcess', 'x');
    process.finishStop();
    assert.equal(await stopped, true);
    process.state = 'RUNNING';
    process.begunStop = { kind: 'FAILED', detail: 'not permitted' };
    await fails('FAILED: not permitted', 'supervisor.stopProcess', 'x');
  });

  it('reports many in the order in which they get done, faults first', async () => {
    const [a, b, c] = [
      new FakeProcess('a', 'g'),
      new FakeProcess('b', 'g'),
      new FakeProcess('c', 'g', { priority: 1 }),
    ];
    const other = new FakeProcess('other');
    const { call } = setUp(makeGroup('g', [a, b, c]), alone(other));
    b.begunStart = { kind: 'NOT_EXECUTABLE', detail: 'command at /b is not executable' };
    for (const [method, name] of [
      ['startProcess', 'g:*'],
      ['startProcess', 'g:'],
      ['startProcessGroup', 'g'],
    ] as const) {
      for (const process of [a, b, c]) process.state = 'STOPPED';
      const started = call(`supervisor.${method}`, name);
      a.finishStart();
      c.finishStart({ kind: 'SPAWN_ERROR' });
      assert.deepEqual(await started, [
        { name: 'b', group: 'g', status: 21, description: 'NOT_EXECUTABLE: command at /b is not executable' },
        ok('g', 'a'),
        { name: 'c', group: 'g', status: 50, description: 'SPAWN_ERROR: g:c' },
      ]);
    }
    assert.deepEqual(await call('supervisor.startAllProcesses', false), [
      ok('g', 'c'),
      { name: 'b', group: 'g', status: 21, description: 'NOT_EXECUTABLE: command at /b is not executable' },
      ok('other', 'other'),
    ]);
    const stopped = call('supervisor.stopAllProcesses');
    for (const process of [other, a, c]) process.finishStop();
    assert.deepEqual(await stopped, [ok('other', 'other'), ok('g', 'a'), ok('g', 'c')]);
  });

  it('acts in slices, and looks at each process again when its turn comes', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const processes = names.map((name) => new FakeProcess(name));
    // Work that is done by hand, an item at a time.
    const turns: (() => void)[] = [];
    const bulk: BulkWork = {
      each: (items, act) =>
        new Promise((resolve) => {
          for (const item of items) turns.push(() => act(item));
          turns.push(resolve);
        }),
    };
    const { facade, call } = setUpWith(bulk, ...processes.map(alone));
    const turn = () => turns.shift()?.();
    const seen = () => processes.map((process) => process.seen.splice(0).join()).join('|');
    const answer = call('supervisor.startAllProcesses', false);
    assert.equal(seen(), '|||');
    turn();
    assert.equal(seen(), 'start|||');
    // Meanwhile one is started by somebody else, a group is removed, and in the end the daemon shuts down.
    processes[1]?.start();
    facade.groups.delete('c');
    turn();
    turn();
    facade.state = 'SHUTDOWN';
    turn();
    turn();
    assert.equal(seen(), '|start,start||');
    assert.deepEqual(await answer, [
      ok('a', 'a'),
      { name: 'b', group: 'b', status: 60, description: 'ALREADY_STARTED: b' },
      { name: 'c', group: 'c', status: 10, description: 'BAD_NAME: c' },
      { name: 'd', group: 'd', status: 6, description: 'SHUTDOWN_STATE' },
    ]);
  });

  it('waits for a stop that somebody else has asked for, and does not count it as its own', async () => {
    const mine = new FakeProcess('mine', 'g');
    const theirs = new FakeProcess('theirs', 'g');
    mine.state = theirs.state = 'RUNNING';
    const { call } = setUp(makeGroup('g', [mine, theirs]));
    await call('supervisor.stopProcess', 'g:theirs', false);
    let answered = false;
    const answer = call('supervisor.stopProcessGroup', 'g').then((result) => {
      answered = true;
      return result;
    });
    const soon = call('supervisor.stopProcessGroup', 'g', false);
    mine.finishStop();
    assert.deepEqual(await soon, []);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(answered, false);
    theirs.finishStop();
    assert.deepEqual(await answer, [ok('g', 'mine')]);
  });

  it('answers an empty list when there is nothing to do', async () => {
    const { call, fails } = setUp(alone(new FakeProcess('x')));
    assert.deepEqual(await call('supervisor.stopAllProcesses'), []);
    await fails('BAD_NAME: nope', 'supervisor.stopProcessGroup', 'nope');
  });
});

describe('signals', () => {
  it('checks name, signal and state, in this order', async () => {
    const process = new FakeProcess('x');
    const { call, fails } = setUp(alone(process));
    await fails('BAD_NAME: y', 'supervisor.signalProcess', 'y', 'NIX');
    await fails('BAD_SIGNAL: NIX', 'supervisor.signalProcess', 'x', 'NIX');
    await fails('NOT_RUNNING: x', 'supervisor.signalProcess', 'x', 'HUP');
    process.state = 'RUNNING';
    for (const signal of ['HUP', 'sigusr1', '15', 2]) {
      assert.equal(await call('supervisor.signalProcess', 'x', signal), true);
    }
    assert.deepEqual(process.seen, ['signal 1', 'signal 10', 'signal 15', 'signal 2']);
    assert.deepEqual(await call('supervisor.signalAllProcesses', 'KILL'), [ok('x', 'x')]);
    assert.deepEqual(await call('supervisor.signalProcessGroup', 'x', 'NIX'), [
      { name: 'x', group: 'x', status: 11, description: 'BAD_SIGNAL: NIX' },
    ]);
  });
});

describe('logs', () => {
  it('reads slices', async () => {
    const process = new FakeProcess('x');
    const { facade, reader, call, fails } = setUp(alone(process));
    await fails('NO_FILE', 'supervisor.readProcessLog', 'x', 0, 0);
    process.stdoutLogfile = '/o';
    await fails('NO_FILE: /o', 'supervisor.readProcessStdoutLog', 'x', 0, 0);
    reader.put('/o', '0123456789');
    for (const [offset, length, text] of [
      [0, 0, '0123456789'],
      [3, 4, '3456'],
      [-3, 0, '789'],
      [99, 0, ''],
    ] as const) {
      assert.equal(await call('supervisor.readProcessStdoutLog', 'x', offset, length), text);
    }
    assert.equal(await call('supervisor.readProcessLog', 'x', '3', ' 4 '), '3456');
    await fails('BAD_ARGUMENTS', 'supervisor.readProcessLog', 'x', -1, 1);
    await fails('BAD_NAME: x:*', 'supervisor.readProcessLog', 'x:*', 0, 0);
    reader.put('/log/main', 'main');
    assert.equal(await call('supervisor.readMainLog', 1, 2), 'ai');
    facade.mainLogfile = undefined;
    await fails('NO_FILE: syslog', 'supervisor.readLog', 0, 0);
    reader.failure = new Error('EIO');
    await fails('FAILED', 'supervisor.readProcessLog', 'x', 0, 0);
  });

  it('names the file that a log was given, when that is no name', async () => {
    const blank = { ...makeConfig('x', 'x').stdout, logfile: { kind: 'none', blank: true } } as const;
    const { call, fails } = setUp(alone(new FakeProcess('x', 'x', { stdout: blank })));
    await fails('NO_FILE: ', 'supervisor.readProcessStdoutLog', 'x', 0, 0);
    assert.deepEqual(await call('supervisor.tailProcessStdoutLog', 'x', 0, 1), ['', 0, false]);
  });

  it('tails', async () => {
    const process = new FakeProcess('x');
    const { reader, call } = setUp(alone(process));
    assert.deepEqual(await call('supervisor.tailProcessLog', 'x', 0, 5), ['', 0, false]);
    process.stderrLogfile = '/e';
    assert.deepEqual(await call('supervisor.tailProcessStderrLog', 'x', 0, 5), ['', 0, false]);
    reader.put('/e', '0123456789');
    assert.deepEqual(await call('supervisor.tailProcessStderrLog', 'x', 0, 4), ['6789', 10, true]);
    reader.failure = new Error('EIO');
    assert.deepEqual(await call('supervisor.tailProcessStderrLog', 'x', 3, 4), ['', 3, false]);
  });

  it('makes text of any bytes, without the characters that the edges cut', async () => {
    const process = new FakeProcess('x');
    process.stdoutLogfile = '/o';
    const { reader, call } = setUp(alone(process));
    const read = (offset: number, length: number) => call('supervisor.readProcessLog', 'x', offset, length);
    reader.put('/o', 'aä🐍b');
    assert.equal(await read(0, 2), 'a');
    assert.equal(await read(2, 0), '🐍b');
    assert.equal(await read(0, 6), 'aä');
    assert.equal(await read(-2, 0), 'b');
    reader.put('/o', new Uint8Array([0xbf, 0x61, 0xff, 0x62, 0xc3]));
    assert.equal(await read(0, 0), '\ufffda\ufffdb');
  });

  it('clears', async () => {
    const process = new FakeProcess('x');
    const { facade, reader, call, fails } = setUp(alone(process));
    await fails('NO_FILE', 'supervisor.clearLog');
    reader.put('/log/main', '');
    assert.equal(await call('supervisor.clearLog'), true);
    facade.clearError = new Error('EACCES');
    await fails('FAILED', 'supervisor.clearLog');
    assert.equal(await call('supervisor.clearProcessLog', 'x'), true);
    assert.deepEqual(await call('supervisor.clearAllProcessLogs'), [ok('x', 'x')]);
    process.clearError = new Error('EACCES');
    await fails('FAILED: x', 'supervisor.clearProcessLogs', 'x');
  });
});

describe('input', () => {
  it('writes to stdin as UTF-8', async () => {
    const process = new FakeProcess('x');
    const { call, fails } = setUp(alone(process));
    assert.equal(await call('supervisor.sendProcessStdin', 'x', 'ä\n'), true);
    assert.deepEqual(process.seen, ['stdin c3a40a']);
    await fails('INCORRECT_PARAMETERS: 5', 'supervisor.sendProcessStdin', 'nope', 5);
    await fails('BAD_NAME: nope', 'supervisor.sendProcessStdin', 'nope', 'a');
    process.stdin = 'closed';
    await fails('NO_FILE: x', 'supervisor.sendProcessStdin', 'x', 'a');
    process.stdin = 'full';
    await fails('FAILED: stdin of x is full', 'supervisor.sendProcessStdin', 'x', 'a');
    process.stdin = 'not-running';
    await fails('NOT_RUNNING: x', 'supervisor.sendProcessStdin', 'x', 'a');
  });
});

describe('multicall', () => {
  const entry = (methodName: string, ...params: readonly XmlRpcValue[]) =>
    new Map<string, XmlRpcValue>([
      ['methodName', methodName],
      ['params', params],
    ]);

  it('gives bare values and fault structs', async () => {
    const { call } = setUp();
    const calls = [
      entry('supervisor.getPID'),
      entry('no.such'),
      entry('supervisor.getPID', 1),
      new Map([['methodName', 'supervisor.getPID']]),
      new Map(),
      new Map([['methodName', null]]),
      new Map<string, XmlRpcValue>([
        ['methodName', 'supervisor.getPID'],
        ['params', null],
      ]),
      entry('system.multicall', []),
      5,
    ];
    assert.deepEqual(await call('system.multicall', calls), [
      4242,
      { faultCode: 1, faultString: 'UNKNOWN_METHOD' },
      { faultCode: 2, faultString: 'INCORRECT_PARAMETERS' },
      4242,
      { faultCode: 2, faultString: 'INCORRECT_PARAMETERS: No methodName' },
      { faultCode: 2, faultString: 'INCORRECT_PARAMETERS: No methodName' },
      { faultCode: 2, faultString: 'INCORRECT_PARAMETERS' },
      { faultCode: 2, faultString: 'INCORRECT_PARAMETERS: Recursive system.multicall forbidden' },
      { faultCode: 2, faultString: 'INCORRECT_PARAMETERS' },
    ]);
    assert.deepEqual(await call('system.multicall', []), []);
  });

  it('waits for each call before the next', async () => {
    const process = new FakeProcess('x');
    const { facade, call } = setUp(alone(process));
    const answer = call('system.multicall', [
      entry('supervisor.startProcess', 'x'),
      entry('supervisor.getState'),
    ]);
    facade.state = 'SHUTDOWN';
    process.finishStart();
    assert.deepEqual(await answer, [true, { faultCode: 6, faultString: 'SHUTDOWN_STATE' }]);
  });
});

describe('introspection', () => {
  it('lists, explains and types every method', async () => {
    const { call, fails } = setUp();
    const names = (await call('system.listMethods')) as string[];
    assert.equal(names.length, 41);
    assert.deepEqual(names, [...names].sort());
    for (const name of names) {
      const help = (await call('system.methodHelp', name)) as string;
      const signature = (await call('system.methodSignature', name)) as string[];
      // What Supervisor's clients do with a help text.
      const tags = [...help.matchAll(/^@(param|return) (\S+)/gm)];
      const types = (tag: string) => tags.filter((found) => found[1] === tag).map((found) => found[2]);
      assert.deepEqual([...types('return'), ...types('param')], signature, name);
    }
    assert.deepEqual(await call('system.methodSignature', 'supervisor.startProcess'), [
      'boolean',
      'string',
      'boolean',
    ]);
    await fails('SIGNATURE_UNSUPPORTED', 'system.methodHelp', 'nope');
    await fails('SIGNATURE_UNSUPPORTED', 'system.methodSignature', '__proto__');
  });
});

describe('requests', () => {
  it('answers 400 to what is no call, and logs a bounded part of it', async () => {
    const { rpc, log } = setUp();
    assert.deepEqual(await rpc.handle(Buffer.from("<a>'\n")), { status: 400 });
    assert.deepEqual(await rpc.handle(Buffer.from('<methodCall/>')), { status: 400 });
    assert.equal(log.lines[0], `error XML-RPC request data "<a>'\\n" is invalid: unmarshallable`);
    assert.equal(log.lines[1], "error XML-RPC request data '<methodCall/>' is invalid: no method name");
    assert.deepEqual(await rpc.handle(Buffer.from('<a/>')), { status: 400 });
    assert.equal(log.lines[2], "error XML-RPC request data '<a/>' is invalid: unmarshallable");
    await rpc.handle(Buffer.alloc(100_000, 'x'));
    assert.ok((log.lines[3]?.length ?? 0) < 1200);
  });

  it('answers 500 to a defect, and logs it', async () => {
    const process = new FakeProcess('x');
    const { rpc, log } = setUp(alone(process));
    process.snapshot = () => {
      throw new TypeError('broken');
    };
    const body = Buffer.from(writeCall('supervisor.getProcessInfo', ['x']));
    assert.deepEqual(await rpc.handle(body), { status: 500 });
    assert.match(log.lines[0] ?? '', /^critical .*'supervisor.getProcessInfo' .*TypeError: broken$/);
  });

  it('traces calls', async () => {
    const { rpc, log } = setUp();
    log.tracing = true;
    await rpc.handle(Buffer.from(writeCall('supervisor.getPID', [])));
    await rpc.handle(Buffer.from(writeCall('nope', [])));
    assert.deepEqual(log.lines, [
      'trace XML-RPC method called: supervisor.getPID()',
      'trace XML-RPC method supervisor.getPID() returned successfully',
      'trace XML-RPC method called: nope()',
      'trace XML-RPC method nope() returned fault: [1] UNKNOWN_METHOD',
    ]);
  });
});
