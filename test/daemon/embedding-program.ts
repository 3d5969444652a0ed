/** A program around a supervisor, for embed.test.ts: the words are the configuration file and what it does. */
import process from 'node:process';
import type { EventSource, RunningSupervisor } from '../../src/daemon/embed.ts';

// The build puts the version in; here nobody has.
Object.assign(globalThis, { HERALD_VERSION: '1.2.3' });
const { startSupervisor } = await import('../../src/daemon/embed.ts');

const [, , configFile = '', scenario = ''] = process.argv;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Fails on each event of RPC clients, in every way there is; says what the healthy subscriber sees. */
async function failingSubscribers(): Promise<void> {
  const supervisor = await startSupervisor({ configFile });
  const remote$ = supervisor.events$('REMOTE_COMMUNICATION');
  remote$.subscribe(() => {
    throw new Error('thrown');
  });
  remote$.subscribe(async () => {
    throw new Error('rejected');
  });
  const both = new Promise<void>((resolve) => {
    remote$.subscribe(({ payload }) => {
      say(`healthy ${payload.data}`);
      if (payload.data === '2') resolve();
    });
  });
  supervisor.facade.sendRemoteCommEvent('t', '1');
  // RxJS would throw from a timer.
  await new Promise((resolve) => setTimeout(resolve, 0));
  supervisor.facade.sendRemoteCommEvent('t', '2');
  await both;
  await supervisor.shutdown();
  say('over');
}

/** Says all events of the start, until a program is given up; restarts once, and says the same again. */
async function eventsOfTheStart(): Promise<void> {
  let supervisor: RunningSupervisor | undefined;
  let lives = 0;
  const prepare = (events$: EventSource): void => {
    const life = ++lives;
    say(`life ${life}`);
    events$('EVENT').subscribe((event) => {
      say(`${life} ${event.name}`);
      // Behind the start, when there is somebody to ask.
      if (event.name === 'PROCESS_STATE_FATAL') setImmediate(goOn);
    });
  };
  const goOn = (): void => {
    if (lives === 1) void supervisor?.facade.restart();
    else void supervisor?.shutdown();
  };
  supervisor = await startSupervisor({ configFile, prepare });
  await supervisor.ended;
  say('over');
}

async function failingPreparation(): Promise<void> {
  const prepare = (): void => {
    throw new Error('not ready');
  };
  await startSupervisor({ configFile, prepare }).catch((error: Error) =>
    say(`${error.name}: ${error.message}`),
  );
  const supervisor = await startSupervisor({ configFile });
  try {
    supervisor.events$('PROCESS_STATE_FATL' as 'PROCESS_STATE_FATAL');
  } catch (error) {
    say(String(error));
  }
  await supervisor.shutdown();
  say('over');
}

const scenarios = new Map([
  ['failing-subscribers', failingSubscribers],
  ['events-of-the-start', eventsOfTheStart],
  ['failing-preparation', failingPreparation],
]);
await scenarios.get(scenario)?.();
