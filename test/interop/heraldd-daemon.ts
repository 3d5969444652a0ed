/** heraldd as it is built, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { type Client, createClient } from '../../src/sdk/client.ts';

/** What the build leaves behind. */
export const DIST = path.resolve(import.meta.dirname, '../../dist');

/** The daemon in the foreground; its log can be waited for. */
export class Heraldd {
  readonly folder: string;
  readonly #child: ChildProcess;
  #log = '';
  #arrived: () => void = () => {};

  private constructor(folder: string) {
    this.folder = folder;
    this.#child = spawn(
      process.execPath,
      [path.join(DIST, 'heraldd.js'), '-n', '-c', path.join(folder, 'h.conf')],
      {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
      this.#arrived();
    });
    this.#child.once('exit', () => this.#arrived());
  }

  static async start(sections: string): Promise<Heraldd> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'crashmail-'));
    await writeFile(
      path.join(folder, 'h.conf'),
      `${base(folder)}\n${sections.replaceAll('FOLDER', folder)}\n`,
    );
    return new Heraldd(folder);
  }

  get client(): Client {
    return createClient({ url: `unix://${this.folder}/h.sock` });
  }

  logged(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#arrived = () => {
        if (this.#log.includes(text)) resolve();
        else if (this.#child.exitCode !== null)
          reject(new Error(`heraldd ended before "${text}": ${this.#log}`));
      };
      this.#arrived();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
    }
    await rm(this.folder, { recursive: true });
  }
}

function base(folder: string): string {
  return `
[supervisord]
logfile=${folder}/h.log
pidfile=${folder}/h.pid
childlogdir=${folder}
[unix_http_server]
file=${folder}/h.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
`;
}

/**
 * Until a file in the folder holds what is asked for; every change of the folder is looked at. The first look comes
 * after the listener is on, not only after the watch: a watch without a listener drops what it sees, and while the
 * first look is under way the last change of all may come.
 */
export async function untilHolds(
  folder: string,
  name: string,
  fits: (text: string) => boolean,
): Promise<void> {
  const watcher = watch(folder);
  try {
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        readFile(path.join(folder, name), 'utf8')
          .catch(() => '')
          .then((text) => fits(text) && resolve())
          .catch(reject);
      };
      watcher.on('error', reject).on('change', look);
      look();
    });
  } finally {
    watcher.close();
  }
}
