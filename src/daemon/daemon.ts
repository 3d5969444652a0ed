/**
 * The composition root: builds the host, wires the rooms together, and sees the daemon through its lives, one per
 * in-process restart. Signals that come between two lives wait for the next one. A life that cannot begin gives way to
 * one with the configuration before.
 */
import { basename } from 'node:path';
import process from 'node:process';
import type { DaemonConfig } from '../config/types.ts';
import { systemClock } from '../host/clock.ts';
import { createFiles } from '../host/files.ts';
import { listeningSockets } from '../host/listening-sockets.ts';
import { createLogFollower } from '../host/log-follower.ts';
import { createMainLog } from '../host/main-log.ts';
import { createProcesses } from '../host/processes.ts';
import { createStandardStreams } from '../host/stream-target.ts';
import { createSyslog } from '../host/syslog.ts';
import { systemUsers } from '../host/users.ts';
import { describeExit } from '../process/effects.ts';
import { createBulkWork } from '../supervisor/bulk-work.ts';
import type { Cancel, Host } from '../supervisor/ports.ts';
import { complain, type DaemonInput, loadConfig, reloadOrKeep } from './daemon-config.ts';
import { runOnce } from './life.ts';
import { StartError } from './start-error.ts';
import type { Surroundings } from './surroundings.ts';

/** The longest interval there is, nearly 25 days. */
const NEVER_MS = 2 ** 31 - 1;
const DRAIN_GRACE_MS = 2000;

/**
 * Runs until a shutdown is complete and returns the exit status: 0, or that of an essential program that ended.
 * Throws {@link ConfigError} and {@link StartError} for what is wrong at the start; nothing of another daemon has
 * been touched then.
 */
export async function runDaemon(input: DaemonInput, first = loadConfig(input)): Promise<number> {
  const streams = createStandardStreams();
  const follower = createLogFollower(systemClock);
  const files = createFiles(systemClock, streams, follower.look);
  const log = createMainLog(systemClock, files);
  input.onLog?.(log);
  const bulk = createBulkWork(systemClock);
  const processes = createProcesses({
    clock: systemClock,
    bulk,
    reapedUnknown: (pid, status) => log.write('info', `reaped unknown pid ${pid} (${describeExit(status)})`),
    ...(input.own !== undefined && {
      descriptorLimit: Math.max(input.own.childDescriptors, first.supervisord.minfds),
    }),
  });
  const syslog = createSyslog({
    clock: systemClock,
    tag: basename(process.argv[1] ?? 'heraldd', '.js'),
    onLoss: (message) => log.write('error', message),
  });
  const host: Host = {
    clock: systemClock,
    bulk,
    processes,
    files,
    users: systemUsers,
    sockets: listeningSockets,
    syslog,
  };
  // Without servers and with no program running, nothing else would keep Node's loop alive: signals do not.
  const alive = setInterval(() => undefined, NEVER_MS);
  try {
    return await runLives(first, {
      ...input,
      ...{ host, log, follower, firstSerial: 0 },
      // Each life closes the main log, which is to be told before what the system's log has lost.
      lastWords: syslog.tellLosses,
    });
  } finally {
    clearInterval(alive);
    syslog.close();
    log.close();
    await withinGrace(Promise.all([streams.stdout.drained(), streams.stderr.drained()]));
    processes.close();
  }
}

/** Waits for what the reader of our stdout may still take, but not for a reader that has gone to sleep. */
async function withinGrace(drained: Promise<unknown>): Promise<void> {
  let cancel: Cancel = () => undefined;
  const over = new Promise<void>((resolve) => {
    cancel = systemClock.after(DRAIN_GRACE_MS, resolve);
  });
  await Promise.race([drained, over]);
  cancel();
}

async function runLives(first: DaemonConfig, surroundings: Surroundings): Promise<number> {
  let life = surroundings;
  let config = first;
  let previous: DaemonConfig | undefined;
  for (let isFirst = true; ; isFirst = false) {
    try {
      const end = await runOnce(config, life, isFirst);
      if (end.wanted === 'SHUTDOWN') return end.exitCode;
      life = { ...life, firstSerial: end.nextSerial };
    } catch (error) {
      if (!(error instanceof StartError) || previous === undefined) throw error;
      complain(life.log, `the new configuration cannot be used, going back to the old one: ${error.message}`);
      config = previous;
      previous = undefined;
      continue;
    }
    const next = await reloadOrKeep(config, life, { log: life.log, bulk: life.host.bulk });
    previous = next === config ? undefined : config;
    config = next;
  }
}
