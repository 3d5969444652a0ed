/**
 * The public door `herald`: a supervisor inside your own Node program.
 *
 *     const supervisor = await startSupervisor({ configFile: 'supervisord.conf' });
 *     supervisor.events$('PROCESS_STATE').subscribe((event) => console.log(event.name, event.payload));
 *     await supervisor.shutdown();
 *
 * There can be one per process, because it reaps all children of the process: a program that embeds Herald must
 * not start children with node:child_process meanwhile.
 */
import type { Observable } from 'rxjs';
import type { BusEvent } from '../bus/event-bus.ts';
import type { AnyEventName } from '../catalogue/generated.ts';
import type { CommandLineOverrides } from '../config/command-line.ts';
import { nodeConfigFiles, nodeWorld } from '../host/config-files.ts';
import { lookupUser } from '../host/users.ts';
import type { Facade } from '../supervisor/facade.ts';
import { runDaemon } from './daemon.ts';
import { StartError } from './start-error.ts';

export type { BusEvent } from '../bus/event-bus.ts';
export {
  type AnyEventName,
  concreteNames,
  EVENT_NAMES,
  type EventName,
  type EventPayloads,
  isAnyEventName,
  isEventName,
  type SupervisorEvent,
} from '../catalogue/events.ts';
export { ConfigError } from '../config/config-error.ts';
export type * from '../supervisor/facade.ts';
export { StartError } from './start-error.ts';

export interface SupervisorOptions {
  /** A supervisord.conf; relative paths in it are taken from the working directory. */
  readonly configFile: string;
  /** Wins over the file, as the command line of heraldd does. */
  readonly overrides?: Omit<CommandLineOverrides, 'configuration' | 'nodaemon'>;
}

export interface RunningSupervisor {
  /** What RPC clients can see and do, as plain calls. */
  readonly facade: Facade;
  /** Events of these names, abstract names included; subscribing never slows the daemon's own listeners. */
  events$<N extends AnyEventName>(...names: readonly N[]): Observable<BusEvent<N>>;
  /** Stops every program, then every listener. Settles when all are gone. */
  shutdown(): Promise<void>;
  /** Settles when the supervisor has ended, whoever asked for it. */
  readonly ended: Promise<void>;
}

let running = false;

/**
 * Starts a supervisor and settles once its groups are active. Throws {@link ConfigError} for what is wrong in the
 * file, {@link StartError} when a log, a socket or the pidfile is not to be had or one is running already.
 */
export async function startSupervisor(options: SupervisorOptions): Promise<RunningSupervisor> {
  if (running) throw new StartError('a supervisor is already running in this process');
  running = true;
  let ended: Promise<void> = Promise.resolve();
  try {
    return await new Promise<RunningSupervisor>((resolve, reject) => {
      const daemon = runDaemon({
        files: nodeConfigFiles,
        world: nodeWorld(lookupUser),
        path: options.configFile,
        overrides: { silent: true, ...options.overrides, nodaemon: true },
        version: HERALD_VERSION,
        own: undefined,
        onStarted: (supervisor) =>
          resolve({
            facade: supervisor,
            events$: (...names) => supervisor.bus.events$(...names),
            shutdown: () => {
              supervisor.shutdown();
              return ended;
            },
            ended,
          }),
      });
      ended = daemon
        .then(() => undefined)
        .finally(() => {
          running = false;
        });
      ended.catch(reject);
    });
  } finally {
    // Errors of the start reach the caller through the promise above; later ones through `ended`.
    ended.catch(() => undefined);
  }
}
