/** heraldd as the main program of a container: to its end, with its exit status and everything it said. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ROOT } from './watched-program.ts';

const NAMESPACES = ['--pid', '--fork', '--mount', '--mount-proc', '--kill-child'];
const works = spawnSync('unshare', [...NAMESPACES, 'true']).status === 0;

/** Options for a test that needs to be PID 1. */
export const NEEDS_NAMESPACES = {
  skip: works ? false : 'NOT RUN: namespaces of its own take root and unshare(1)',
};

export interface ContainerOptions {
  /** In namespaces of its own, where it is PID 1. */
  readonly isolated?: boolean;
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Shell commands that prepare the namespaces. */
  readonly prepare?: string;
  /** The whole configuration, instead of the usual head and `sections`. */
  readonly config?: string;
}

const HEAD =
  '[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\n' +
  'pidfile=%(here)s/herald.pid\nchildlogdir=%(here)s\n[unix_http_server]\nfile=%(here)s/herald.sock\n' +
  '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n';

export class ContainerRun {
  readonly folder: string;
  readonly ended: Promise<{ readonly status: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly #child: ChildProcess;
  readonly #isolated: boolean;
  readonly #waiting = new Set<() => void>();
  #output = '';
  #over = false;

  /** Ended and cleared away with the test. */
  constructor(t: TestContext, sections: string, options: ContainerOptions = {}) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'container-')));
    for (const [name, text] of Object.entries(options.files ?? {}))
      writeFileSync(join(this.folder, name), text);
    const config = join(this.folder, 'herald.conf');
    writeFileSync(config, options.config ?? HEAD + sections);
    this.#isolated = options.isolated === true;
    const heraldd = [process.execPath, join(ROOT, 'dist/heraldd.js'), '-c', config];
    const prepared = ['sh', '-ec', `${options.prepare ?? ''}\nexec "$@"`, 'sh', ...heraldd];
    const [program = '', ...words] = this.#isolated ? ['unshare', ...NAMESPACES, ...prepared] : heraldd;
    this.#child = spawn(program, words, {
      cwd: this.folder,
      env: {
        PATH: process.env.PATH ?? '',
        FOLDER: this.folder,
        NODE: process.execPath,
        ...options.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        for (const look of this.#waiting) look();
      });
    }
    this.ended = this.#end();
    t.after(() => this.#clear());
  }

  /** What the daemon and its programs have said so far. */
  get output(): string {
    return this.#output;
  }

  /** Waits until the output has it. Rejects when the daemon ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(this.#output);
        if (found === null && !this.#over) return;
        this.#waiting.delete(look);
        if (found !== null) resolve(found);
        else reject(new Error(`ended without ${pattern}:\n${this.#output.slice(-3000)}`));
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** To the daemon, wherever it is. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.#daemonPid(), signal);
  }

  #daemonPid(): number {
    const pid = this.#child.pid ?? 0;
    if (!this.#isolated) return pid;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim());
  }

  /**
   * Processes that were started for this run and go on living after it, as `pid name`. Whoever got a SIGKILL needs a
   * moment to be gone, and nobody tells us when: they are not our children.
   */
  async survivors(): Promise<readonly string[]> {
    let left = this.#living();
    for (let tries = 0; left.length > 0 && tries < 3000; tries += 1) {
      await setTimeout(20);
      left = this.#living();
    }
    return left;
  }

  #living(): readonly string[] {
    const mark = `FOLDER=${this.folder}\0`;
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && readOrEmpty(`/proc/${name}/environ`).includes(mark))
      .map((pid) => `${pid} ${readOrEmpty(`/proc/${pid}/comm`).trim()}`);
  }

  async #end() {
    const [status, signal] = await once(this.#child, 'close');
    this.#over = true;
    for (const look of this.#waiting) look();
    return { status, signal };
  }

  async #clear(): Promise<void> {
    if (!this.#over) this.#child.kill('SIGKILL');
    for (const line of this.#living()) kill(Number.parseInt(line, 10));
    await this.ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended in the meantime, which is what we want.
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // The process is gone, or belongs to somebody else.
    return '';
  }
}
