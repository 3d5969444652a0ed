import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { peer } from '../peers.ts';

export interface Daemon extends AsyncDisposable {
  readonly folder: string;
  readonly config: string;
  readonly url: string;
}

/** Starts Debian's supervisord with these sections in a folder of its own, and waits until `ready` is in its log. */
export async function startSupervisord(sections: string, ready: string): Promise<Daemon> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'interop-'));
  const socket = path.join(folder, 's.sock');
  const config = path.join(folder, 's.conf');
  await writeFile(config, `${base(folder, socket)}\n${sections.replaceAll('FOLDER', folder)}\n`);
  const child = spawn(peer('supervisord') ?? 'supervisord', ['-n', '-c', config], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const daemon: Daemon = {
    folder,
    config,
    url: `unix://${socket}`,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) {
        const exited = once(child, 'exit');
        child.kill('SIGTERM');
        // One that does not end within this time must not hold up the tests.
        const force = setTimeout(() => child.kill('SIGKILL'), 30_000);
        await exited;
        clearTimeout(force);
      }
      await rm(folder, { recursive: true });
    },
  };
  try {
    await untilLogged(child, ready);
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    throw error;
  }
  return daemon;
}

async function untilLogged(child: ChildProcess, text: string): Promise<void> {
  let log = '';
  const { stdout } = child;
  if (stdout === null) throw new Error('no log to read');
  await new Promise<void>((resolve, reject) => {
    stdout.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes(text)) resolve();
    });
    child.once('exit', (status) => reject(new Error(`supervisord ended with ${status}: ${log}`)));
  });
}

function base(folder: string, socket: string): string {
  return `
[supervisord]
logfile=${folder}/s.log
pidfile=${folder}/s.pid
childlogdir=${folder}
[unix_http_server]
file=${socket}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${socket}
`;
}
