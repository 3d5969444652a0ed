/** `essential=`: which ends of a program end the daemon, and what the daemon then exits with. */
import type { ProcessConfig } from '../config/types.ts';
import type { Exit } from '../process/life.ts';

/** What a shell exits with when it cannot start a command. */
const CANNOT_START = 127;

type EssentialConfig = Pick<ProcessConfig, 'essential' | 'exitcodes'>;

/** Whether an exit like this ends the daemon, restart or not. */
export function isFinalExit({ essential, exitcodes }: EssentialConfig, exit: Exit): boolean {
  const expected = exit.kind === 'exited' && exitcodes.includes(exit.code);
  return essential === 'exit' || (essential === 'unexpected' && !expected);
}

/** Whether an exit ends the daemon if nothing starts the program again. */
export function isFinalWithoutRestart(config: EssentialConfig, exit: Exit): boolean {
  return config.essential === 'down' || isFinalExit(config, exit);
}

/** As a shell tells the end of a program; undefined: it could not be started. */
export function shellCode(exit: Exit | undefined): number {
  if (exit === undefined) return CANNOT_START;
  return exit.kind === 'exited' ? exit.code : 128 + exit.signal;
}
