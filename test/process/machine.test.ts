import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { describeExit } from '../../src/process/effects.ts';
import { type Effect, INITIAL, type Input, type Policy, type Process } from '../../src/process/life.ts';
import { IllegalTransitionError, step, TRANSITIONS } from '../../src/process/machine.ts';
import type { ProcessState } from '../../src/process/states.ts';

const policy: Policy = {
  name: 'web',
  group: 'site',
  startsecs: 1,
  startretries: 2,
  exitcodes: [0],
  autorestart: 'unexpected',
  stopsignal: 15,
  stopwaitsecs: 10,
  stopasgroup: false,
  killasgroup: false,
  awaitsGroup: false,
};

const exit = (code: number): Input => ({
  type: 'exited',
  exit: { kind: 'exited', code },
  restartDelay: 0,
});

/** Feeds inputs one after the other; returns the end and the effects of the last one. */
function run(inputs: readonly Input[], over: Partial<Policy> = {}): [Process, readonly Effect[]] {
  let process: Process = INITIAL;
  let effects: readonly Effect[] = [];
  for (const input of inputs) [process, effects] = step({ ...policy, ...over }, process, input);
  return [process, effects];
}

/** An effect in a few words: what the tests compare. */
function brief(effects: readonly Effect[]): string[] {
  return effects.map(describeEffect);
}

function describeEffect(effect: Effect): string {
  switch (effect.type) {
    case 'emit': {
      const { name, payload } = effect.event;
      const tokens = Object.entries(payload).filter(([key]) => key !== 'processname' && key !== 'groupname');
      return `${name.replace('PROCESS_STATE_', '')} ${tokens.map(([k, v]) => `${k}:${v}`).join(' ')}`;
    }
    case 'log':
      return `${effect.level}: ${effect.message}`;
    case 'signal':
      return `signal ${effect.signal} ${effect.target} ${effect.pid}`;
    case 'arm':
      return `arm ${effect.timer} ${effect.ms}`;
    case 'disarm':
      return `disarm ${effect.timer}`;
    case 'watch':
      return `watch ${effect.pid}`;
    case 'spawn':
    case 'unwatch':
      return effect.type;
  }
}

const UP: readonly Input[] = [{ type: 'start' }, { type: 'spawned', pid: 7 }, { type: 'up' }];

describe('the process machine', () => {
  it('starts: STARTING before anything is tried, RUNNING after startsecs', () => {
    const [starting, begun] = run([{ type: 'start' }]);
    assert.deepEqual(brief(begun), ['STARTING from_state:STOPPED tries:0', 'spawn']);
    const [spawned, waiting] = step(policy, starting, { type: 'spawned', pid: 7 });
    assert.deepEqual(brief(waiting), ["info: spawned: 'web' with pid 7", 'arm up 1000']);
    const [running, up] = step(policy, spawned, { type: 'up' });
    assert.deepEqual(running.phase, { name: 'RUNNING', pid: 7 });
    assert.deepEqual(brief(up), [
      'RUNNING from_state:STARTING pid:7',
      'info: success: web entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)',
    ]);
  });

  it('is RUNNING at once with startsecs=0', () => {
    const [process, effects] = run([{ type: 'start' }, { type: 'spawned', pid: 7 }], { startsecs: 0 });
    assert.equal(process.phase.name, 'RUNNING');
    assert.equal(brief(effects)[1], 'RUNNING from_state:STARTING pid:7');
  });

  it('backs off after an exit that was too quick, even with an expected code', () => {
    const [process, effects] = run([{ type: 'start' }, { type: 'spawned', pid: 7 }, exit(0)]);
    assert.equal(process.spawnError, 'Exited too quickly (process log may have details)');
    assert.deepEqual(brief(effects), [
      'disarm up',
      'BACKOFF from_state:STARTING tries:1',
      'warn: exited: web (exit status 0; not expected)',
      'arm retry 1000',
    ]);
  });

  it('takes an exit before startsecs for the end of a run when the process has proven to be up', () => {
    const [process, effects] = run([
      { type: 'start' },
      { type: 'spawned', pid: 7 },
      { ...exit(1), restartDelay: undefined, proven: true } as Input,
    ]);
    assert.equal(process.phase.name, 'EXITED');
    assert.deepEqual(brief(effects), [
      'disarm up',
      'RUNNING from_state:STARTING pid:7',
      'EXITED from_state:RUNNING expected:0 pid:7',
      'warn: exited: web (exit status 1; not expected)',
    ]);
  });

  it('waits longer with each attempt and gives up after startretries', () => {
    const attempt: readonly Input[] = [{ type: 'spawned', pid: 7 }, exit(1)];
    const waits: string[] = [];
    let inputs: readonly Input[] = [{ type: 'start' }];
    for (let n = 0; n < 3; n++) {
      inputs = [...inputs, ...attempt];
      waits.push(...brief(run(inputs)[1]).filter((line) => /arm retry|FATAL/.test(line)));
      inputs = [...inputs, { type: 'retry' }];
    }
    assert.deepEqual(waits, [
      'arm retry 1000',
      'arm retry 2000',
      'FATAL from_state:BACKOFF',
      'info: gave up: web entered FATAL state, too many start retries too quickly',
    ]);
  });

  it('numbers the tries of a stopped and restarted program on, as Supervisor does', () => {
    const [, effects] = run([
      { type: 'start' },
      { type: 'spawnFailed', message: "can't find command 'web'" },
      { type: 'stop' },
      { type: 'start' },
    ]);
    assert.deepEqual(brief(effects), ['STARTING from_state:STOPPED tries:1', 'spawn']);
  });

  it('keeps why a launch failed until the next one', () => {
    const [failed, effects] = run([{ type: 'start' }, { type: 'spawnFailed', message: 'no such thing' }]);
    assert.equal(failed.spawnError, 'no such thing');
    assert.equal(brief(effects)[0], 'info: spawnerr: no such thing');
    assert.equal(step(policy, failed, { type: 'retry' })[0].spawnError, '');
  });

  it('restarts after an unexpected exit only, unless told otherwise', () => {
    const last = (code: number, over: Partial<Policy> = {}) => run([...UP, exit(code)], over)[0].phase.name;
    assert.equal(last(0), 'EXITED');
    assert.equal(last(1), 'STARTING');
    assert.equal(last(1, { exitcodes: [0, 1] }), 'EXITED');
    assert.equal(last(1, { autorestart: 'never' }), 'EXITED');
    assert.equal(last(0, { autorestart: 'always' }), 'STARTING');
  });

  it('counts a death by signal as unexpected', () => {
    const [process, effects] = run([
      ...UP,
      { type: 'exited', exit: { kind: 'signaled', signal: 9, core: false }, restartDelay: undefined },
    ]);
    assert.equal(process.exitStatus, -1);
    assert.deepEqual(brief(effects), [
      'EXITED from_state:RUNNING expected:0 pid:7',
      'warn: exited: web (terminated by SIGKILL; not expected)',
    ]);
  });

  it('paces a restart when told to, and forgets it on stop', () => {
    const crash: Input = { type: 'exited', exit: { kind: 'exited', code: 1 }, restartDelay: 700 };
    const [waiting, effects] = run([...UP, crash]);
    assert.deepEqual(waiting.phase, { name: 'EXITED', restarting: true });
    assert.equal(brief(effects).at(-1), 'arm restart 700');
    const [stopped, more] = step(policy, waiting, { type: 'stop' });
    assert.deepEqual(stopped.phase, { name: 'EXITED', restarting: false });
    assert.deepEqual(brief(more), ['disarm restart']);
  });

  it('stops with the configured signal, then SIGKILL again and again', () => {
    const [stopping, effects] = run([...UP, { type: 'stop' }], { stopasgroup: true, killasgroup: true });
    assert.deepEqual(brief(effects), [
      'debug: killing web (pid 7) process group with signal SIGTERM',
      'STOPPING from_state:RUNNING pid:7',
      'arm overdue 10000',
      'signal 15 group 7',
    ]);
    const [still, more] = step(policy, stopping, { type: 'overdue' });
    assert.deepEqual(brief(more).slice(0, 1), ["warn: killing 'web' (7) with SIGKILL"]);
    assert.deepEqual(brief(more).slice(2), ['arm overdue 10000', 'signal 9 process 7']);
    assert.equal(still.phase.name, 'STOPPING');
  });

  const GROUP: Partial<Policy> = { stopasgroup: true, killasgroup: true, awaitsGroup: true };
  const LEFT: readonly Input[] = [...UP, { type: 'stop' }, exit(3)];

  it('is STOPPED with the last of its group, when that is what a stop is about', () => {
    assert.deepEqual(brief(run([...UP, { type: 'stop' }], GROUP)[1]), [
      'watch 7',
      'debug: killing web (pid 7) process group with signal SIGTERM',
      'STOPPING from_state:RUNNING pid:7',
      'arm overdue 10000',
      'signal 15 group 7',
    ]);
    const [waiting, effects] = run(LEFT, GROUP);
    assert.deepEqual(effects, []);
    assert.deepEqual(waiting.phase, {
      name: 'STOPPING',
      pid: 7,
      rest: { exit: { kind: 'exited', code: 3 } },
    });
    const [stopped, more] = run([...LEFT, { type: 'emptied' }], GROUP);
    assert.equal(stopped.exitStatus, 3);
    assert.deepEqual(brief(more), [
      'unwatch',
      'disarm overdue',
      'STOPPED from_state:STOPPING pid:7',
      'warn: stopped: web (exit status 3)',
    ]);
  });

  it('kills the rest of a group after stopwaitsecs, and then waits for so long and no longer', () => {
    const [waiting, effects] = run([...LEFT, { type: 'overdue' }], GROUP);
    assert.equal(waiting.phase.name, 'STOPPING');
    assert.deepEqual(brief(effects), [
      'warn: web (pid 7) has ended, but not all of its process group',
      "warn: killing 'web' (7) with SIGKILL",
      'debug: killing web (pid 7) process group with signal SIGKILL',
      'arm overdue 10000',
      'signal 9 group 7',
    ]);
    assert.equal(run([...LEFT, { type: 'overdue' }, { type: 'emptied' }], GROUP)[0].phase.name, 'STOPPED');
    const [stopped, more] = run([...LEFT, { type: 'overdue' }, { type: 'overdue' }], GROUP);
    assert.equal(stopped.phase.name, 'STOPPED');
    assert.match(
      brief(more)[0] ?? '',
      /^warn: not waiting any longer for the process group of web \(pid 7\)/,
    );
    assert.deepEqual(brief(more).slice(1, 3), ['unwatch', 'disarm overdue']);
  });

  it('tells the rest of a group to stop when the stop signal was for the process alone', () => {
    const alone = { ...GROUP, stopasgroup: false };
    const [waiting, effects] = run([...LEFT, { type: 'left' }], alone);
    assert.equal(waiting.phase.name, 'STOPPING');
    assert.deepEqual(brief(effects), [
      'debug: killing web (pid 7) process group with signal SIGTERM',
      'signal 15 group 7',
    ]);
    assert.deepEqual(run([...LEFT, { type: 'left' }], GROUP)[1], []);
  });

  it('does not ask again who has been killed, and does not wait for stopwaitsecs then', () => {
    const alone = { ...GROUP, stopasgroup: false, stopwaitsecs: 600 };
    const killed: readonly Input[] = [...UP, { type: 'stop' }, { type: 'overdue' }, exit(0)];
    assert.deepEqual(brief(run(killed, alone)[1]), ['arm overdue 10000']);
    assert.deepEqual(run([...killed, { type: 'left' }], alone)[1], []);
    const [stopped, effects] = run([...killed, { type: 'left' }, { type: 'overdue' }], alone);
    assert.equal(stopped.phase.name, 'STOPPED');
    assert.match(brief(effects)[0] ?? '', /^warn: not waiting any longer/);
  });

  it('repeats SIGKILL once a second at most', () => {
    const [, effects] = run([...UP, { type: 'stop' }, { type: 'overdue' }], { stopwaitsecs: 0 });
    assert.ok(brief(effects).includes('arm overdue 1000'));
  });

  it('stays as it is when what was asked for has been overtaken', () => {
    const ways: readonly (readonly Input[])[] = [
      [],
      [{ type: 'start' }, { type: 'spawned', pid: 7 }],
      UP,
      [...UP, { type: 'stop' }],
      [...UP, { type: 'signalFailed', message: 'EPERM' }],
    ];
    for (const way of ways) {
      const [process] = run(way);
      const late: Input = process.phase.name === 'STOPPED' ? { type: 'stop' } : { type: 'start' };
      assert.deepEqual(step(policy, process, late), [process, []]);
    }
    const [fatal] = run([{ type: 'start' }, { type: 'spawnFailed', message: 'no' }], { startretries: 0 });
    assert.deepEqual(step(policy, fatal, { type: 'stop' }), [fatal, []]);
  });

  it('is STOPPED, not UNKNOWN, when only the rest of its group cannot be signalled', () => {
    const failed: Input = { type: 'signalFailed', message: 'EPERM' };
    const [process, effects] = run([...LEFT, { type: 'overdue' }, failed], GROUP);
    assert.equal(process.phase.name, 'STOPPED');
    assert.equal(brief(effects)[0], 'critical: cannot signal the process group of web (pid 7): EPERM');
    assert.equal(run([...UP, { type: 'stop' }, failed], GROUP)[0].phase.name, 'UNKNOWN');
  });

  it('lets a crash leave behind what it leaves behind', () => {
    const [process, effects] = run([...UP, exit(0)], GROUP);
    assert.equal(process.phase.name, 'EXITED');
    assert.deepEqual(brief(effects), [
      'EXITED from_state:RUNNING expected:1 pid:7',
      'info: exited: web (exit status 0; expected)',
    ]);
  });

  it('says stopped as a warning unless the exit code is an expected one', () => {
    assert.deepEqual(brief(run([...UP, { type: 'stop' }, exit(0)])[1]), [
      'disarm overdue',
      'STOPPED from_state:STOPPING pid:7',
      'info: stopped: web (exit status 0)',
    ]);
    assert.equal(brief(run([...UP, { type: 'stop' }, exit(3)])[1])[2], 'warn: stopped: web (exit status 3)');
  });

  it('is STOPPED at once when it is stopped between two attempts', () => {
    const [process, effects] = run([
      { type: 'start' },
      { type: 'spawned', pid: 7 },
      exit(1),
      { type: 'stop' },
    ]);
    assert.equal(process.phase.name, 'STOPPED');
    assert.equal(brief(effects).at(-1), 'STOPPED from_state:BACKOFF pid:0');
  });

  it('is UNKNOWN when a signal cannot be sent', () => {
    const [process, effects] = run([...UP, { type: 'stop' }, { type: 'signalFailed', message: 'EPERM' }]);
    assert.equal(process.phase.name, 'UNKNOWN');
    assert.equal(brief(effects).at(-1), 'UNKNOWN from_state:STOPPING');
  });

  it('gives up what waits when the daemon shuts down', () => {
    const [process, effects] = run([
      { type: 'start' },
      { type: 'spawned', pid: 7 },
      exit(1),
      { type: 'shutdown' },
    ]);
    assert.equal(process.phase.name, 'FATAL');
    assert.deepEqual(brief(effects), ['disarm retry', 'FATAL from_state:BACKOFF']);
  });

  it('puts the cause of an end into the extra tokens', () => {
    const extra = (inputs: readonly Input[]) =>
      run(inputs)[1].flatMap((effect) => (effect.type === 'emit' && effect.extra ? [effect.extra] : []));
    assert.deepEqual(extra([...UP, { ...exit(3), restartDelay: undefined } as Input]), [{ exitstatus: 3 }]);
    assert.deepEqual(extra([{ type: 'start' }, { type: 'spawnFailed', message: 'gone' }]), [
      { reason: 'gone' },
    ]);
  });

  it('describes ends as the log does', () => {
    assert.equal(describeExit({ kind: 'exited', code: 3 }), 'exit status 3');
    assert.equal(
      describeExit({ kind: 'signaled', signal: 11, core: true }),
      'terminated by SIGSEGV (core dumped)',
    );
    assert.equal(describeExit({ kind: 'signaled', signal: 99, core: false }), 'terminated by signal 99');
  });
});

const INPUTS: readonly Input[] = [
  { type: 'start' },
  { type: 'spawned', pid: 7 },
  { type: 'spawnFailed', message: 'no' },
  { type: 'up' },
  { type: 'retry' },
  exit(0),
  { type: 'exited', exit: { kind: 'exited', code: 1 }, restartDelay: 500 },
  { type: 'exited', exit: { kind: 'signaled', signal: 9, core: false }, restartDelay: undefined },
  { type: 'exited', exit: { kind: 'exited', code: 1 }, restartDelay: 0, proven: true },
  { type: 'stop' },
  { type: 'overdue' },
  { type: 'left' },
  { type: 'emptied' },
  { type: 'signalFailed', message: 'EPERM' },
  { type: 'shutdown' },
];

describe('the transition table', () => {
  it('refuses what it does not list, naming state and input', () => {
    let refused = 0;
    for (const state of Object.keys(TRANSITIONS) as ProcessState[]) {
      for (const input of INPUTS) {
        if (TRANSITIONS[state][input.type] !== undefined) continue;
        const process = { ...INITIAL, phase: { name: state, pid: 7, restarting: false } } as Process;
        assert.throws(() => step(policy, process, input), {
          name: IllegalTransitionError.name,
          message: `a process in ${state} takes no '${input.type}'`,
        });
        refused++;
      }
    }
    assert.ok(refused > 0);
  });

  it('takes an exit in every state that has a process, and only there', () => {
    const takes = Object.entries(TRANSITIONS).flatMap(([state, row]) => ('exited' in row ? [state] : []));
    assert.deepEqual(takes.sort(), ['RUNNING', 'STARTING', 'STOPPING', 'UNKNOWN']);
  });

  it('keeps timers, events and states in step whatever happens', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...INPUTS), { maxLength: 40 }),
        fc.nat(3),
        fc.boolean(),
        (inputs, startretries, awaitsGroup) => {
          let process: Process = INITIAL;
          let watching = false;
          const armed = new Set<string>();
          for (const input of inputs) {
            if (TRANSITIONS[process.phase.name][input.type] === undefined) continue;
            // A launch has one outcome, and only what was launched can go on or end.
            const launching = process.phase.name === 'STARTING' && process.phase.pid === 0;
            if (launching !== (input.type === 'spawned' || input.type === 'spawnFailed')) continue;
            if (input.type === 'up' || input.type === 'retry' || input.type === 'overdue') {
              // A timer that is not armed cannot fire.
              if (!armed.delete(input.type)) continue;
            }
            const { phase } = process;
            const left = phase.name === 'STOPPING' && phase.rest !== undefined;
            // What has ended does not end again, and who is watched is not told empty before.
            const ofGroup = input.type === 'emptied' || input.type === 'left';
            if (left ? input.type === 'exited' : ofGroup) continue;
            if (input.type === 'start' && process.phase.name === 'EXITED' && process.phase.restarting) {
              armed.delete('restart');
            }
            const before: ProcessState = process.phase.name;
            const [next, effects] = step({ ...policy, startretries, awaitsGroup }, process, input);
            let from: string = before;
            for (const effect of effects) {
              if (effect.type === 'arm') armed.add(effect.timer);
              if (effect.type === 'watch') watching = true;
              if (effect.type === 'unwatch') watching = false;
              if (effect.type === 'disarm') armed.delete(effect.timer);
              if (effect.type === 'emit') {
                assert.equal(effect.event.payload.from_state, from);
                from = effect.event.name.replace('PROCESS_STATE_', '');
              }
            }
            process = next;
            assert.equal(watching, awaitsGroup && process.phase.name === 'STOPPING');
            // The last event tells the state; without one the state is unchanged.
            assert.equal(process.phase.name, from);
            if (process.phase.name === 'BACKOFF') assert.deepEqual([...armed], ['retry']);
            else if (process.phase.name === 'STOPPING') assert.deepEqual([...armed], ['overdue']);
            else if (process.phase.name === 'STARTING')
              assert.ok(!armed.has('retry') && !armed.has('overdue'));
            else if (process.phase.name === 'EXITED')
              assert.equal(armed.has('restart'), process.phase.restarting);
            else assert.deepEqual([...armed], []);
          }
        },
      ),
    );
  });
});
