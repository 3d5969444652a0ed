import { systemClock } from '../../src/host/clock.ts';
import { createProcesses, type LinuxProcesses } from '../../src/host/processes.ts';
import { createBulkWork } from '../../src/supervisor/bulk-work.ts';
import type { Channel, Child, Clock, ExitStatus, SpawnRequest } from '../../src/supervisor/ports.ts';

/** A child with everything that it has told its observer, in order. */
export interface RecordedChild {
  readonly child: Child;
  readonly calls: readonly string[];
  text(channel: Channel): string;
  readonly exited: Promise<ExitStatus>;
  /** Settles when every channel is sealed. */
  readonly sealed: Promise<void>;
  /** Settles as soon as the channel has given this text. */
  until(channel: Channel, text: string): Promise<void>;
}

export function request(argv: readonly string[], overrides: Partial<SpawnRequest> = {}): SpawnRequest {
  return {
    file: argv[0] ?? '',
    argv,
    env: new Map([['PATH', '/usr/local/bin:/usr/bin:/bin']]),
    directory: undefined,
    umask: undefined,
    user: undefined,
    redirectStderr: false,
    ...overrides,
  };
}

export function shell(script: string, overrides: Partial<SpawnRequest> = {}): SpawnRequest {
  return request(['/bin/sh', '-c', script], overrides);
}

export function record(processes: LinuxProcesses, asked: SpawnRequest): RecordedChild {
  const calls: string[] = [];
  const texts = { stdout: '', stderr: '' };
  const waiting: { channel: Channel; text: string; done: () => void }[] = [];
  let open = asked.redirectStderr ? 1 : 2;
  let tellExit = (_: ExitStatus): void => undefined;
  let tellSealed = (): void => undefined;
  const exited = new Promise<ExitStatus>((settle) => {
    tellExit = settle;
  });
  const sealed = new Promise<void>((settle) => {
    tellSealed = settle;
  });
  const child = processes.spawn('recorded', asked, {
    output: (channel, bytes) => {
      texts[channel] += Buffer.from(bytes).toString('latin1');
      if (calls.at(-1) !== `output ${channel}`) calls.push(`output ${channel}`);
      for (const wait of waiting) if (texts[wait.channel].includes(wait.text)) wait.done();
    },
    sealed: (channel) => {
      calls.push(`sealed ${channel}`);
      open -= 1;
      if (open === 0) tellSealed();
    },
    exited: (status) => {
      calls.push('exited');
      tellExit(status);
    },
  });
  return {
    child,
    calls,
    text: (channel) => texts[channel],
    exited,
    sealed,
    until: (channel, text) =>
      new Promise((done) => {
        if (texts[channel].includes(text)) done();
        else waiting.push({ channel, text, done });
      }),
  };
}

export function openProcesses(lingerMs?: number, clock: Clock = systemClock): LinuxProcesses {
  return createProcesses({
    clock,
    bulk: createBulkWork(clock),
    reapedUnknown: () => undefined,
    // However busy the machine is, what cannot be started is to be told by spawn.
    patienceMs: 60_000,
    ...(lingerMs === undefined ? {} : { lingerMs }),
  });
}

/**
 * Runs a program of the fixtures folder in a Node of its own, and returns what it printed as JSON. `inside`: a program
 * and arguments of its own that runs the rest of its arguments.
 */
export async function runFixture(
  processes: LinuxProcesses,
  name: string,
  inside: readonly string[] = [],
): Promise<unknown> {
  const file = new URL(`./fixtures/${name}`, import.meta.url).pathname;
  const argv = [...inside, process.execPath, '--import', import.meta.resolve('tsx'), file];
  const env = new Map(Object.entries(process.env).map(([key, value]) => [key, value ?? ''] as const));
  env.delete('NODE_TEST_CONTEXT');
  const fixture = record(processes, request(argv, { env }));
  const status = await fixture.exited;
  await fixture.sealed;
  if (status.kind !== 'exited' || status.code !== 0) {
    throw new Error(`${name}: ${JSON.stringify(status)} ${fixture.text('stderr')}`);
  }
  return JSON.parse(fixture.text('stdout'));
}
