/** What the daemon does on each signal, and the line it logs, as Supervisor words it. */
import type { LogLevel, MainLog } from '../supervisor/ports.ts';

export interface SignalActions {
  readonly shutdown: () => void;
  readonly restart: () => void;
  readonly reopenLogs: () => void;
  /** Whether the daemon is already on its way down. */
  readonly shuttingDown: () => boolean;
}

interface Reaction {
  readonly level: LogLevel;
  readonly meaning: string;
  readonly act: (actions: SignalActions) => void;
}

const REACTIONS: Readonly<Record<string, Reaction>> = {
  SIGTERM: { level: 'warn', meaning: 'exit request', act: (actions) => actions.shutdown() },
  SIGINT: { level: 'warn', meaning: 'exit request', act: (actions) => actions.shutdown() },
  SIGQUIT: { level: 'warn', meaning: 'exit request', act: (actions) => actions.shutdown() },
  SIGHUP: { level: 'warn', meaning: 'restart request', act: (actions) => actions.restart() },
  SIGUSR2: { level: 'info', meaning: 'log reopen request', act: (actions) => actions.reopenLogs() },
};

/** Installs the handlers; returns how to take them away. */
export function handleSignals(log: MainLog, actions: SignalActions): () => void {
  const handlers = Object.entries(REACTIONS).map(([signal, reaction]) => {
    const handler = (): void => {
      if (signal === 'SIGHUP' && actions.shuttingDown()) {
        log.write('warn', `ignored ${signal} indicating ${reaction.meaning} (shutdown in progress)`);
        return;
      }
      log.write(reaction.level, `received ${signal} indicating ${reaction.meaning}`);
      reaction.act(actions);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  // Without a handler Node opens its debugger port on this signal.
  const ignore = (): void => log.write('info', 'received SIGUSR1, which means nothing here');
  process.on('SIGUSR1', ignore);
  return () => {
    for (const remove of handlers) remove();
    process.off('SIGUSR1', ignore);
  };
}
