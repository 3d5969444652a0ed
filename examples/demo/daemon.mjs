/** heraldd as a child of the demo: its start, its end, and that nothing of it outlives the demo. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** Another program may take the port between our finding and heraldd's opening it. */
const ATTEMPTS = 5;
const START_LIMIT_MS = 60_000;
/** Longer than every stopwaitsecs and drain_timeout of the configuration together. */
const STOP_LIMIT_MS = 25_000;
/** A process that the kernel does not let go is not waited for. */
const KILL_LIMIT_MS = 10_000;
const PORT_TAKEN = /already listening on a port/;

/**
 * Starts heraldd on the folder's configuration and settles once its first listener speaks. `onLine(channel, text)`
 * gets what it writes to its stdout and stderr; `onSpawned(daemon)` is told at once of each that is spawned. Settles
 * with undefined when `mayStart` says so; throws an Error with heraldd's own words when it does not start.
 */
export async function startDaemon({ mayStart, onSpawned, ...options }) {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    if (!mayStart()) return undefined;
    const daemon = spawnDaemon({ ...options, port });
    onSpawned(daemon);
    const failure = await daemon.started;
    if (failure === undefined) return daemon;
    if (!mayStart()) return undefined;
    if (attempt === ATTEMPTS || !PORT_TAKEN.test(failure))
      throw new Error(`heraldd did not start: ${failure}`);
    await daemon.stop();
  }
}

function spawnDaemon({ dist, folder, smtpPort, port, onLine }) {
  const child = spawn(process.execPath, [join(dist, 'heraldd.js'), '-c', join(folder, 'supervisord.conf')], {
    // A group of its own: Ctrl-C is for the demo, which then ends heraldd in order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? '/usr/bin:/bin'}`,
      HERALD_DEMO_FOLDER: folder,
      HERALD_DEMO_PORT: String(port),
      HERALD_DEMO_SMTP_PORT: String(smtpPort),
    },
  });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit status ${code}`));
  });
  const said = [];
  let heard = () => {};
  const firstLine = new Promise((resolve) => {
    heard = resolve;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    heard();
    onLine('stdout', line);
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line);
    onLine('stderr', line);
  });
  const kill = () => killAll(folder);
  let stopping = false;
  const lost = ended.then((how) => {
    if (!stopping) throw new Error(`heraldd has ended: ${how}`);
  });
  // During the start nobody waits for this, and `started` tells the same.
  lost.catch(() => {});
  return {
    pid: child.pid,
    port,
    started: settleStart(firstLine, ended, said),
    kill,
    /** Rejects when it ends although nobody has stopped it. */
    lost,
    /** Ends it in order, or by force when that takes too long; then sweeps up what it may have left. */
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      const limit = setTimeout(kill, STOP_LIMIT_MS);
      await ended;
      clearTimeout(limit);
      kill();
    },
  };
}

/** Settles with undefined, or with why it did not start. */
async function settleStart(firstLine, ended, said) {
  let limit;
  const late = new Promise((resolve) => {
    limit = setTimeout(resolve, START_LIMIT_MS, `no listener spoke within ${START_LIMIT_MS / 1000} s`);
  });
  const reason = await Promise.race([firstLine, ended, late]);
  clearTimeout(limit);
  return reason === undefined ? undefined : [...said, reason].join('\n');
}

/**
 * Kills every process that was started for this folder. They are found by the environment that they inherited, so
 * that none is missed because it has left its group or its parent.
 */
function killAll(folder) {
  const mark = Buffer.from(`\0HERALD_DEMO_FOLDER=${folder}\0`).toString('latin1');
  const deadline = performance.now() + KILL_LIMIT_MS;
  for (let found = findPids(mark); found.length > 0; found = findPids(mark)) {
    for (const pid of found) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended between being found and being killed.
      }
    }
    if (performance.now() > deadline) return;
    // They take a moment to be gone, and this is the last thing that happens: nothing else has to go on.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
}

function findPids(mark) {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => environmentOf(pid).includes(mark)).map(Number);
}

function environmentOf(pid) {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}\0`;
  } catch {
    // Gone by now, or somebody else's: not ours in either case.
    return '';
  }
}

function findFreePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
