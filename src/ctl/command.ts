import type { Server } from './remote.ts';

/** What a command may touch while it runs. Exit status: the last one that `fail` was told. */
export interface Session {
  readonly server: Server;
  /** Ask before the daemon is shut down or restarted; ask for a password when the server wants one. */
  readonly interactive: boolean;
  readonly terminal: Terminal;
  exitStatus: number;
  /** Connects to another server from now on. Throws TypeError for a URL that is not understood. */
  connect(url: string): void;
  /** Uses these credentials from now on. */
  authenticate(username: string, password: string): void;
  print(line: string): void;
  fail(status: number): void;
  /** Ends the shell after this command. */
  quit(): void;
}

/** The user: two output streams, typed lines, and Ctrl-C. */
export interface Terminal {
  /** To standard output as it is. */
  write(data: string | Uint8Array): void;
  /** A line to standard error. */
  warn(line: string): void;
  /**
   * The next typed line without its end; undefined at the end of input, or when `signal` fires first. Rejects with
   * {@link Interrupted} when Ctrl-C is typed instead of it, and nothing is `interruptible`.
   */
  readLine(prompt: string, options?: ReadLineOptions): Promise<string | undefined>;
  /** How a line before the cursor may go on, where lines are edited at all. */
  completeWith(complete: Completer): void;
  /** Runs `body` with a signal that Ctrl-C fires. */
  interruptible<T>(body: (interrupted: AbortSignal) => Promise<T>): Promise<T>;
}

/** Ctrl-C instead of an answer: no command goes on after that, and the shell neither. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor() {
    super('interrupted');
  }
}

/** Whole words that the end of the line may become, and the part of it they would replace. */
export type Completer = (line: string) => Promise<[candidates: string[], replaced: string]>;

export interface ReadLineOptions {
  /** Do not show what is typed. */
  readonly secret?: boolean;
  readonly signal?: AbortSignal;
}

/** One row of the command table. */
export interface Command {
  readonly name: string;
  /** What its words are, for completion. */
  readonly words: 'none' | 'actions' | 'groups' | 'processes' | 'free';
  /** Printed by `help NAME` as it is, and below a usage error. */
  readonly help: string;
  run(words: readonly string[], session: Session): Promise<void>;
}

/** A usage error: what is wrong, then the command's help. */
export function printMisuse(
  session: Session,
  command: Pick<Command, 'help'>,
  problem: string,
  status: number,
): void {
  session.print(`Error: ${problem}`);
  session.fail(status);
  session.print(command.help);
}
