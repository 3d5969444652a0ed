/** A daemon under test in a folder of its own: started, signalled, ended with everything it started. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Longer than anything that is asked of a daemon which is expected to end by itself. */
const ONE_SHOT_MS = 60_000;

/** What a command that has ended has shown. */
export interface Ended {
  /** `status 2`, or the name of the signal. */
  readonly ended: string;
  readonly stdout: string;
  readonly stderr: string;
}

export class Daemon {
  readonly socketPath: string;
  private readonly command: readonly string[];
  private readonly folder: string;
  private readonly pids: number[] = [];
  private status: string | undefined;
  private kill: ((signal: NodeJS.Signals) => void) | undefined;
  private gone: Promise<void> = Promise.resolve();
  /** While one may be in the background whose process nobody knows yet. */
  private astray = false;

  /** `command` is the program and its leading arguments; the configuration is `<folder>/daemon.conf`. */
  constructor(command: readonly string[], folder: string) {
    this.command = command;
    this.folder = folder;
    this.socketPath = path.join(folder, 'd.sock');
  }

  /** The process that was launched last; -1 before the first. */
  get pid(): number {
    return this.pids.at(-1) ?? -1;
  }

  /** How it ended, undefined while it runs. What is known of a daemon in the background is that it is gone. */
  get ended(): string | undefined {
    if (this.kill === undefined && this.pid !== -1 && !lives(this.pid)) return 'gone';
    return this.status;
  }

  /** Starts the daemon in the foreground; what it prints goes to `<folder>/daemon.output`. */
  launch(words: readonly string[] = []): void {
    const output = openSync(path.join(this.folder, 'daemon.output'), 'a');
    const child = this.start(['-n', '-c', path.join(this.folder, 'daemon.conf'), ...words], output);
    closeSync(output);
    this.status = undefined;
    this.pids.push(child.pid ?? -1);
    this.kill = (signal) => child.kill(signal);
    this.gone = new Promise((resolve) => {
      child.once('error', (error) => {
        this.status = error.message;
        resolve();
      });
      child.once('exit', (code, signal) => {
        this.status = signal ?? `status ${code}`;
        resolve();
      });
    });
  }

  /** Before a `run` that leaves a daemon in the background: unless that is adopted, `destroy` looks for it. */
  expectOneInBackground(): void {
    this.astray = true;
  }

  /** Takes care of a daemon that went into the background as `pid`. */
  adopt(pid: number): void {
    this.astray = false;
    this.pids.push(pid);
    this.kill = undefined;
  }

  /** Runs the daemon's program with these arguments to its end; a run that does not end is killed. */
  async run(words: readonly string[]): Promise<Ended> {
    const child = this.start(words, 'pipe');
    this.pids.push(child.pid ?? -1);
    const texts = { stdout: '', stderr: '' };
    child.stdout?.on('data', (chunk) => (texts.stdout += chunk));
    child.stderr?.on('data', (chunk) => (texts.stderr += chunk));
    const timer = setTimeout(() => child.kill('SIGKILL'), ONE_SHOT_MS);
    const ended = await new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(signal ?? `status ${code}`));
    });
    clearTimeout(timer);
    this.pids.pop();
    return { ended, ...texts };
  }

  /** The end of what the daemon has said, for messages about failures. */
  lastWords(): string {
    try {
      return readFileSync(path.join(this.folder, 'daemon.output'), 'utf8').slice(-3000);
    } catch {
      // It has not been started in the foreground.
      return '';
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (this.kill === undefined) process.kill(this.pid, signal);
    else this.kill(signal);
  }

  /** Ends the daemon without ceremony, and then every process of its sessions, each by its pid. */
  async destroy(): Promise<void> {
    if (this.pid !== -1 && this.ended === undefined) this.signal('SIGKILL');
    await this.gone;
    for (const session of this.pids) killSession(session);
    if (this.astray) for (const session of sessionsWithin(this.folder)) killSession(session);
  }

  private start(words: readonly string[], output: number | 'pipe') {
    const [program, ...rest] = this.command;
    if (program === undefined) throw new Error('no daemon command');
    // Detached: a session of its own, by which its children can be told from anybody else's.
    return spawn(program, [...rest, ...words], {
      cwd: this.folder,
      env: environment(this.folder),
      detached: true,
      stdio: ['ignore', output, output],
    });
  }
}

/**
 * ORACLE_TEXT is there for configurations to refer to. Without a `childlogdir` a daemon clears away what looks like
 * its old logs in the folder for temporary files, which may be those of a daemon that somebody needs.
 */
function environment(folder: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('SUPERVISOR_') && !name.startsWith('NODE_') && !name.startsWith('ORACLE'),
  );
  return {
    ...Object.fromEntries(kept),
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    TMPDIR: folder,
    ORACLE_TEXT: 'from outside',
  };
}

/** Whether a process exists and is no zombie. */
export function lives(pid: number): boolean {
  return ![undefined, 'Z', 'X'].includes(statOf(pid)?.[0]);
}

/** The session of a process, undefined when there is none such. */
export function sessionOf(pid: number): number | undefined {
  const session = statOf(pid)?.[3];
  return session === undefined ? undefined : Number(session);
}

/** One of them may fork while we look, so we look until nobody is left. */
function killSession(session: number): void {
  for (let round = 0; round < 20; round++) {
    const members = sessionMembers(session);
    if (members.length === 0) return;
    for (const pid of members) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended in the meantime, which is what we want.
      }
    }
  }
}

/** The sessions of all who have got the environment of this folder, and have not changed it. */
function sessionsWithin(folder: string): ReadonlySet<number> {
  const sessions = runningPids().filter((pid) => environmentOf(pid).includes(`TMPDIR=${folder}`));
  return new Set(sessions.flatMap((pid) => sessionOf(pid) ?? []));
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    // It has ended, or is somebody else's.
    return [];
  }
}

function runningPids(): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^[0-9]+$/.test(entry))
    .map(Number);
}

function sessionMembers(session: number): number[] {
  return runningPids().filter((pid) => sessionOf(pid) === session && lives(pid));
}

/** State, parent, process group, session, and more that nobody here asks for. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; the rest follows it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    // The process ended while we were looking.
    return undefined;
  }
}
