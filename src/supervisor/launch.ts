/**
 * Launches one program: finds its command, opens its log files, takes its socket, looks up its user, spawns. Each
 * step can fail in its own way; what earlier steps have taken is given back then.
 */
import { splitCommand } from '../config/shlex.ts';
import type { ProcessConfig } from '../config/types.ts';
import { reprText } from '../log/python-repr.ts';
import {
  type Channel,
  CommandError,
  type ExitStatus,
  type LogSink,
  type SharedSocket,
  SocketError,
  SpawnError,
  type UserIdentity,
} from './ports.ts';
import { Run, type RunDeps, type Sinks } from './run.ts';
import type { SocketLease } from './socket-lease.ts';

export interface LaunchDeps extends RunDeps {
  /** The environment of the child, complete. */
  readonly environment: ReadonlyMap<string, string>;
  /** Where a command without a slash is looked for. */
  readonly searchPath: string;
  /** Paths of both channels' log files, undefined when not logged. */
  readonly logfiles: Readonly<Record<Channel, string | undefined>>;
  /** Of an `[fcgi-program:x]`: what its processes get as their stdin. */
  readonly socket?: SocketLease | undefined;
}

export class Launcher {
  readonly #config: ProcessConfig;
  readonly #deps: LaunchDeps;

  constructor(config: ProcessConfig, deps: LaunchDeps) {
    this.#config = config;
    this.#deps = deps;
  }

  /** Throws {@link CommandError}, as long as the program could not be started. */
  resolve(): { readonly file: string; readonly argv: readonly string[] } {
    const { command } = this.#config;
    let argv: readonly string[];
    try {
      argv = splitCommand(command);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CommandError('NOT_EXECUTABLE', `can't parse command ${reprText(command)}: ${reason}`);
    }
    const [word] = argv;
    if (word === undefined) throw new CommandError('NOT_EXECUTABLE', 'command is empty');
    return { file: this.#deps.host.files.resolveCommand(word, this.#deps.searchPath), argv };
  }

  /** Throws {@link CommandError} and {@link SpawnError}; then nothing runs and nothing is open. */
  launch(onExited: (status: ExitStatus, run: Run) => void): Run {
    const { file, argv } = this.resolve();
    const stdin = this.#takeSocket();
    const giveBack = (): void => this.#deps.socket?.release();
    let sinks: Sinks;
    try {
      sinks = this.#openSinks();
    } catch (error) {
      giveBack();
      throw error;
    }
    const run = new Run(this.#config, this.#deps, sinks, onExited, giveBack);
    try {
      run.begin(this.#spawn(file, argv, stdin, run));
    } catch (error) {
      run.abandon(error instanceof SpawnError ? error.childText : undefined);
      throw error;
    }
    return run;
  }

  /** undefined: the channel is not logged. Throws an Error with `code` when the file cannot be opened. */
  openSink(channel: Channel): LogSink | undefined {
    const path = this.#deps.logfiles[channel];
    if (path === undefined) return undefined;
    const { maxbytes, backups } = this.#config[channel];
    return this.#deps.host.files.openLog(path, {
      maxBytes: maxbytes,
      backups,
      onLoss: (message) => this.#deps.log.write('error', `'${this.#config.name}' ${channel}: ${message}`),
    });
  }

  /** Whether the channel is logged and has left something behind. */
  hasLog(channel: Channel): boolean {
    const path = this.#deps.logfiles[channel];
    return path !== undefined && this.#deps.host.files.size(path) !== undefined;
  }

  #spawn(file: string, argv: readonly string[], stdin: SharedSocket | undefined, run: Run) {
    const { name, directory, umask, redirectStderr } = this.#config;
    const env = this.#deps.environment;
    const user = this.#user();
    // Looked for in our directory, but run from the program's own: there it may be another file, as in Supervisor.
    const converses = this.#deps.listener !== undefined;
    const request = { file, argv, env, directory, umask, user, redirectStderr, converses, stdin };
    return this.#deps.host.processes.spawn(name, request, run);
  }

  #takeSocket(): SharedSocket | undefined {
    try {
      return this.#deps.socket?.acquire();
    } catch (error) {
      if (!(error instanceof SocketError)) throw error;
      throw new SpawnError('pipes', error.code, error.message);
    }
  }

  #openSinks(): Sinks {
    const opened: Sinks = { stdout: undefined, stderr: undefined };
    try {
      opened.stdout = this.openSink('stdout');
      opened.stderr = this.openSink('stderr');
    } catch (error) {
      opened.stdout?.close();
      throw this.#sinkFailure(error);
    }
    return opened;
  }

  #sinkFailure(error: unknown): SpawnError {
    const { name } = this.#config;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
    if (code === 'EMFILE') return new SpawnError('pipes', code, `too many open files to spawn '${name}'`);
    return new SpawnError('pipes', code, `unknown error making dispatchers for '${name}': ${code}`);
  }

  #user(): UserIdentity | undefined {
    const { user } = this.#config;
    if (user === undefined) return undefined;
    const identity = this.#deps.host.users.lookup(user);
    if (identity !== undefined) return identity;
    const message = `couldn't setuid to ${user}: Can't find username '${user}'`;
    const childText = `supervisor: ${message}\nsupervisor: child process was not spawned\n`;
    throw new SpawnError('user', 'ENOENT', message, childText);
  }
}
