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
import { nodeWorld, unwaitingConfigFiles } from '../host/config-files.ts';
import { lookupUser } from '../host/users.ts';
import type { Facade } from '../supervisor/facade.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { runDaemon } from './daemon.ts';
import { checkEventNames, checkOptions } from './embed-options.ts';
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

/**
 * Events of these names, abstract names included; subscribing never slows the daemon's own listeners. A subscriber
 * that throws is reported in the log and stays subscribed. Throws TypeError for a name that is not in the catalogue.
 */
export type EventSource = <N extends AnyEventName>(...names: readonly N[]) => Observable<BusEvent<N>>;

export interface SupervisorOptions {
  /** A supervisord.conf; relative paths in it are taken from the working directory. */
  readonly configFile: string;
  /** Wins over the file, as the command line of heraldd does. */
  readonly overrides?: Omit<CommandLineOverrides, 'configuration' | 'nodaemon'>;
  /**
   * Called before the first group becomes active: what is subscribed to here sees the start as well. Called again
   * when a client restarts the supervisor, whose older subscriptions have ended then. When it throws, nothing starts.
   */
  readonly prepare?: (events$: EventSource) => void;
}

export interface RunningSupervisor {
  /** What RPC clients can see and do, as plain calls. After a restart it is that of the new life. */
  readonly facade: Facade;
  /** Events from now on, until the supervisor ends or is restarted. */
  readonly events$: EventSource;
  /** Stops every program, then every listener. Settles when all are gone. */
  shutdown(): Promise<void>;
  /** Settles when the supervisor has ended, whoever asked for it. */
  readonly ended: Promise<void>;
}

let running = false;

/**
 * Starts a supervisor and settles once its groups are active. Throws TypeError for wrong options,
 * {@link ConfigError} for what is wrong in the file, {@link StartError} when a log, a socket or the pidfile is not to
 * be had, `prepare` has thrown, or one is running already.
 */
export async function startSupervisor(options: SupervisorOptions): Promise<RunningSupervisor> {
  checkOptions(options);
  if (running) throw new StartError('a supervisor is already running in this process');
  running = true;
  const { prepare } = options;
  let ended: Promise<void> = Promise.resolve();
  let handle: Handle | undefined;
  try {
    return await new Promise<RunningSupervisor>((resolve, reject) => {
      const daemon = runDaemon({
        files: unwaitingConfigFiles,
        world: nodeWorld(lookupUser),
        path: options.configFile,
        overrides: { silent: true, ...options.overrides, nodaemon: true },
        version: HERALD_VERSION,
        own: undefined,
        onPrepared: (supervisor) => prepare?.(eventsOf(() => supervisor)),
        onStarted: (supervisor) => {
          if (handle !== undefined) return handle.goOnWith(supervisor);
          handle = new Handle(supervisor, ended);
          resolve(handle.door);
        },
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

/** What the caller holds, over all lives of the daemon. */
class Handle {
  readonly door: RunningSupervisor;
  #life: Supervisor;
  #over = false;

  constructor(first: Supervisor, ended: Promise<void>) {
    this.#life = first;
    const life = (): Supervisor => this.#life;
    this.door = {
      get facade() {
        return life();
      },
      events$: eventsOf(life),
      shutdown: () => {
        this.#over = true;
        life().shutdown();
        return ended;
      },
      ended,
    };
  }

  goOnWith(next: Supervisor): void {
    this.#life = next;
    // Asked for between two lives.
    if (this.#over) next.shutdown();
  }
}

function eventsOf(life: () => Supervisor): EventSource {
  return (...names) => {
    checkEventNames(names);
    return life().bus.events$(...names);
  };
}
