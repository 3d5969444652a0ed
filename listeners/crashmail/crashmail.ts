/** From an event to a mail that was taken, or an error that makes the daemon send the event again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createListener, type Listener } from 'herald/listener';
import { DeliveryError, routeName, sendMail } from './delivery.ts';
import { gatherFacts } from './facts.ts';
import { type CrashEvent, composeMessage, type Surroundings } from './message.ts';
import type { Options } from './options.ts';
import { matchesGlob } from './words.ts';

export interface CrashmailSetup {
  readonly options: Options;
  readonly host: string;
  readonly boot: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** One line for the listener's stderr. */
  readonly say: (line: string) => void;
}

/** Serials remembered as mailed, so that a redelivery is not mailed twice. */
const REMEMBERED = 1000;
/** Milliseconds between the second attempt and the third, and so on. */
const ATTEMPT_GAP = 1000;

interface Attempts {
  count: number;
  lastFailure: number;
  /** Those that have not got the mail yet. */
  to: readonly string[];
}

export function createCrashmail(setup: CrashmailSetup): Listener {
  const { options } = setup;
  const mailed = new Set<number>();
  const failed = new Map<number, Attempts>();

  const mail = async (event: CrashEvent, signal: AbortSignal): Promise<void> => {
    const { serial } = event.header;
    if (mailed.has(serial) || !concerns(event, setup)) return;
    const attempts = failed.get(serial) ?? { count: 0, lastFailure: 0, to: options.to };
    await pace(attempts, signal);
    try {
      await compose(event, attempts, setup);
    } catch (error) {
      failed.set(serial, { ...attempts, count: attempts.count + 1, lastFailure: performance.now() });
      forgetOldest(failed);
      throw error;
    }
    failed.delete(serial);
    mailed.add(serial);
    forgetOldest(mailed);
  };

  const listener = createListener();
  listener.on('PROCESS_STATE_EXITED', async (event, { signal }) => {
    if (event.payload.expected === 0) await mail(event, signal);
  });
  listener.on('PROCESS_STATE_FATAL', (event, { signal }) => mail(event, signal));
  if (options.backoff) listener.on('PROCESS_STATE_BACKOFF', (event, { signal }) => mail(event, signal));
  return listener;
}

/** Throws DeliveryError unless everybody who may still get the mail has got it. */
async function compose(event: CrashEvent, attempts: Attempts, setup: CrashmailSetup): Promise<void> {
  const { options, host, boot, say, environment } = setup;
  const program = `${event.payload.groupname}:${event.payload.processname}`;
  const facts = await gatherFacts(program, options.lines, environment);
  const where: Surroundings = { host, boot, subjectPrefix: options.subjectPrefix, now: new Date() };
  const message = composeMessage(event, facts, where);
  const { from, route, timeout } = options;
  const { postponed, refused } = await sendMail({ ...message, from, to: attempts.to }, route, timeout);
  if (refused.length > 0) say(`refused by ${routeName(route)}: ${refused.join('; ')}`);
  if (postponed.length > 0) {
    attempts.to = postponed;
    throw new DeliveryError(`mail postponed by ${routeName(route)} for ${postponed.join(', ')}`);
  }
  say(`mailed about ${program} (${event.name}, serial ${event.header.serial}) to ${attempts.to.join(', ')}`);
}

function concerns({ payload }: CrashEvent, { options, environment }: CrashmailSetup): boolean {
  const { groupname, processname } = payload;
  // Mail about crashmail itself would have to be sent by what has just crashed, and fail again.
  if (groupname === environment.SUPERVISOR_GROUP_NAME) return false;
  if (options.programs.length === 0) return true;
  const names = [processname, `${groupname}:${processname}`];
  return options.programs.some((glob) => names.some((name) => matchesGlob(glob, name)));
}

/**
 * Herald waits longer from one redelivery to the next; supervisord sends a failed event again at once, thousands of
 * times a second. So from the third attempt on there is a second between them, whoever sends.
 */
async function pace({ count, lastFailure }: Attempts, signal: AbortSignal): Promise<void> {
  const wait = count < 2 ? 0 : lastFailure + ATTEMPT_GAP - performance.now();
  if (wait <= 0) return;
  try {
    await sleep(wait, undefined, { signal });
  } catch {
    // Told to stop: this attempt is the last one here, and need not wait.
  }
}

function forgetOldest(remembered: Set<number> | Map<number, unknown>): void {
  if (remembered.size <= REMEMBERED) return;
  for (const oldest of remembered.keys()) {
    remembered.delete(oldest);
    return;
  }
}
