import type { ListenerState } from '../dispatch/machine.ts';
import { planListenerRestart } from '../dispatch/retry-policy.ts';
import type { PoolActor } from './pool-actor.ts';
import type { Cancel } from './ports.ts';

/** What follows when a listener breaks the protocol: it is said aloud, announced, and cured by a restart. */
export class ListenerBreaches {
  readonly #process: string;
  readonly #pool: PoolActor;
  readonly #restart: () => void;
  #inARow = 0;
  #restartTimer: Cancel | undefined;

  constructor(process: string, pool: PoolActor, restart: () => void) {
    this.#process = process;
    this.#pool = pool;
    this.#restart = restart;
  }

  /** The listener has answered as it should: the next breach is the first again. */
  forgive(): void {
    this.#inARow = 0;
  }

  /** `state`: what the listener was in; `what` it did wrong, and a `sample` of what it wrote. */
  accuse(pid: number, state: ListenerState, what: string, sample: string): void {
    const { deps, config, name } = this.#pool;
    const action = deps.compat === 'supervisor' ? 'ignore' : config.protocolError;
    this.#inARow++;
    // Supervisor's line, of which the middle would not be true of a listener that is restarted.
    const outlook =
      action === 'restart' ? 'receives no events until it is restarted' : 'will no longer receive events';
    deps.log.write(
      'warn',
      `${this.#process}: has entered the UNKNOWN state and ${outlook}, this usually indicates the process violated the eventlistener protocol`,
    );
    deps.log.write('warn', `${this.#process}: pool ${name}, pid ${pid}, was ${state}: ${what}`);
    deps.bus.publish('HERALD_LISTENER_PROTOCOL_ERROR', {
      processname: this.#process,
      groupname: name,
      pid,
      listener_state: state,
      action,
      data: `${what}\n${sample}`,
    });
    if (action === 'restart') this.#restartLater();
  }

  /** The run is over: it needs no restart any more. */
  close(): void {
    this.#restartTimer?.();
    this.#restartTimer = undefined;
  }

  #restartLater(): void {
    const { config, deps } = this.#pool;
    const delay = planListenerRestart(this.#inARow, {
      delay: config.retryDelay * 1000,
      delayMax: config.retryDelayMax * 1000,
    });
    deps.log.write('info', `${this.#process}: restarting it ${delay === 0 ? 'now' : `in ${delay / 1000} s`}`);
    this.close();
    this.#restartTimer = deps.clock.after(delay, () => {
      this.#restartTimer = undefined;
      this.#restart();
    });
  }
}
