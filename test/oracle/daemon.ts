/** A daemon under test in a folder of its own: started in the foreground, ended with everything it started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export class Daemon {
  readonly socketPath: string;
  private readonly process: ChildProcess;
  private readonly gone: Promise<void>;
  private readonly folder: string;
  private status: string | undefined;

  /** `command` is the program and its leading arguments; the configuration is `<folder>/daemon.conf`. */
  constructor(command: readonly string[], folder: string) {
    this.folder = folder;
    this.socketPath = path.join(folder, 'd.sock');
    const [program, ...rest] = command;
    if (program === undefined) throw new Error('no daemon command');
    const output = openSync(path.join(folder, 'daemon.output'), 'a');
    // Detached: a session of its own, by which its children can be told from anybody else's.
    this.process = spawn(program, [...rest, '-n', '-c', path.join(folder, 'daemon.conf')], {
      cwd: folder,
      env: environment(),
      detached: true,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    this.gone = new Promise((resolve) => {
      this.process.once('error', (error) => {
        this.status = error.message;
        resolve();
      });
      this.process.once('exit', (code, signal) => {
        this.status = signal ?? `status ${code}`;
        resolve();
      });
    });
  }

  get pid(): number {
    return this.process.pid ?? -1;
  }

  /** How it ended, undefined while it runs. */
  get ended(): string | undefined {
    return this.status;
  }

  /** The end of what the daemon has said, for messages about failures. */
  lastWords(): string {
    return readFileSync(path.join(this.folder, 'daemon.output'), 'utf8').slice(-3000);
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  async exited(): Promise<string> {
    await this.gone;
    return this.status ?? '';
  }

  /** Ends the daemon without ceremony, and then every process of its session, each by its pid. */
  async destroy(): Promise<void> {
    if (this.process.pid === undefined) return;
    if (this.status === undefined) this.process.kill('SIGKILL');
    await this.gone;
    for (const pid of sessionMembers(this.process.pid)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended in the meantime, which is what we want.
      }
    }
  }
}

function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('SUPERVISOR_') && !name.startsWith('NODE_'),
  );
  return { ...Object.fromEntries(kept), LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TZ: 'UTC' };
}

function sessionMembers(session: number): number[] {
  const pids = readdirSync('/proc').filter((entry) => /^[0-9]+$/.test(entry));
  return pids.map(Number).filter((pid) => sessionOf(pid) === session);
}

function sessionOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; state, ppid, pgrp and session follow it.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
  } catch {
    // The process ended while we were looking.
    return undefined;
  }
}
