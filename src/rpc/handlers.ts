/**
 * One handler per method row; a missing one does not compile. A handler reads its parameters, asks the facade
 * and throws {@link RpcFault}. Counting parameters and the state gate are the dispatcher's work.
 */

import { ActivationError, DAEMON_STATES, type Facade, type ProcessView } from '../supervisor/facade.ts';
import type { BulkWork, Channel } from '../supervisor/ports.ts';
import type { XmlRpcResult } from '../wire/xmlrpc-values.ts';
import { type Arguments, readBoolean, readInteger, readText, showScalar } from './arguments.ts';
import { listConfigInfo, type ResolveUid } from './config-info.ts';
import { RpcFault } from './faults.ts';
import { type LogPlace, type LogReader, readLog, tailLog } from './log-reading.ts';
import { helpText, type MethodRow, signatureOf } from './method-row.ts';
import { METHODS, type MethodName } from './methods.ts';
import {
  allByPriority,
  byPriority,
  isGroup,
  resolveGroup,
  resolveNamespec,
  resolveProcess,
} from './namespec.ts';
import { listPools } from './pool-info.ts';
import {
  clearManyLogs,
  clearProcessLogs,
  type Many,
  signalMany,
  signalProcess,
  startMany,
  startProcess,
  stopMany,
  stopProcess,
} from './process-control.ts';
import type { ProcessInfo } from './process-info.ts';

export type Handler = (args: Arguments) => XmlRpcResult | Promise<XmlRpcResult>;
export type Handlers = { readonly [M in MethodName]: Handler };

const API_VERSION = '3.0';

export interface HandlerDeps {
  readonly reader: LogReader;
  /** What `getSupervisorVersion` answers. */
  readonly version: string;
  readonly resolveUid: ResolveUid;
  readonly processInfo: ProcessInfo;
  /** What concerns many processes is done in its slices. */
  readonly bulk: BulkWork;
  /** Runs the calls of a multicall. */
  readonly multicall: Handler;
}

export function createHandlers(facade: Facade, deps: HandlerDeps): Handlers {
  const many: Many = { facade, bulk: deps.bulk };
  return {
    ...createDaemonHandlers(facade, deps),
    ...createInfoHandlers(facade, deps),
    ...createControlHandlers(many),
    ...createLogHandlers(many, deps),
    ...createInputHandlers(facade),
    'herald.getPools': () => listPools(facade),
    'system.listMethods': () =>
      METHODS.map(({ name }) => name)
        .filter((name) => !name.startsWith('herald.'))
        .sort(),
    'system.methodHelp': (args) => helpText(findRow(args[0])),
    'system.methodSignature': (args) => signatureOf(findRow(args[0])),
    'system.multicall': deps.multicall,
  };
}

function findRow(name: Arguments[number] | undefined): MethodRow {
  const row = METHODS.find((candidate) => candidate.name === name);
  if (row === undefined) throw new RpcFault('SIGNATURE_UNSUPPORTED');
  return row;
}

function createDaemonHandlers(facade: Facade, { version }: HandlerDeps) {
  return {
    'supervisor.getAPIVersion': () => API_VERSION,
    'supervisor.getVersion': () => API_VERSION,
    'supervisor.getSupervisorVersion': () => version,
    'supervisor.getIdentification': () => facade.identifier,
    'supervisor.getState': () => ({ statecode: DAEMON_STATES[facade.state], statename: facade.state }),
    'supervisor.getPID': () => facade.pid,
    'supervisor.shutdown': () => act(() => facade.shutdown()),
    'supervisor.restart': async () => {
      await rereading(facade.restart());
      // Somebody else has asked for the end meanwhile, and that is what takes place.
      if (facade.state === 'SHUTDOWN') throw new RpcFault('SHUTDOWN_STATE');
      return true;
    },
    'supervisor.reloadConfig': async () => {
      const { added, changed, removed } = await rereading(facade.reloadConfig());
      // Whoever asks now is refused: nothing of the new configuration can be used any more.
      if (facade.state !== 'RUNNING') throw new RpcFault('SHUTDOWN_STATE');
      return [[added, changed, removed]];
    },
    'supervisor.addProcessGroup': (args) => {
      const name = readText(args, 0);
      const outcome = addGroup(facade, name);
      if (outcome === 'added') return true;
      throw new RpcFault(outcome === 'bad-name' ? 'BAD_NAME' : 'ALREADY_ADDED', name);
    },
    'supervisor.removeProcessGroup': (args) => {
      const name = readText(args, 0);
      const outcome = facade.removeGroup(name);
      if (outcome === 'removed') return true;
      throw new RpcFault(outcome === 'bad-name' ? 'BAD_NAME' : 'STILL_RUNNING', name);
    },
  } satisfies Partial<Handlers>;
}

function addGroup(facade: Facade, name: string): ReturnType<Facade['addGroup']> {
  try {
    return facade.addGroup(name);
  } catch (cause) {
    if (!(cause instanceof ActivationError)) throw cause;
    throw new RpcFault('FAILED', `${name}: ${cause.message}`, { cause });
  }
}

function act(effect: () => void): true {
  effect();
  return true;
}

/** Whatever goes wrong, the old configuration stays: the caller must look at the file. */
async function rereading<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw new RpcFault('CANT_REREAD', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function createInfoHandlers(facade: Facade, { processInfo, resolveUid }: HandlerDeps) {
  return {
    'supervisor.getProcessInfo': (args) => processInfo.one(resolveProcess(facade, readText(args, 0))),
    'supervisor.getAllProcessInfo': () => processInfo.all(),
    'supervisor.getAllConfigInfo': () => listConfigInfo(facade, resolveUid),
  } satisfies Partial<Handlers>;
}

function createControlHandlers(many: Many) {
  const { facade } = many;
  return {
    'supervisor.startProcess': (args) => {
      const namespec = readText(args, 0);
      const found = resolveNamespec(facade, namespec);
      const wait = readBoolean(args, 1, true);
      return isGroup(found) ? startMany(many, byPriority(found), wait) : startProcess(found, namespec, wait);
    },
    'supervisor.startProcessGroup': (args) =>
      startMany(many, byPriority(resolveGroup(facade, readText(args, 0))), readBoolean(args, 1, true)),
    'supervisor.startAllProcesses': (args) =>
      startMany(many, allByPriority(facade), readBoolean(args, 0, true)),
    'supervisor.stopProcess': (args) => {
      const namespec = readText(args, 0);
      const found = resolveNamespec(facade, namespec);
      const wait = readBoolean(args, 1, true);
      return isGroup(found) ? stopMany(many, byPriority(found), wait) : stopProcess(found, namespec, wait);
    },
    'supervisor.stopProcessGroup': (args) =>
      stopMany(many, byPriority(resolveGroup(facade, readText(args, 0))), readBoolean(args, 1, true)),
    'supervisor.stopAllProcesses': (args) =>
      stopMany(many, allByPriority(facade), readBoolean(args, 0, true)),
    'supervisor.signalProcess': (args) => {
      const namespec = readText(args, 0);
      const found = resolveNamespec(facade, namespec);
      return isGroup(found)
        ? signalMany(many, byPriority(found), args[1])
        : signalProcess(found, namespec, args[1]);
    },
    'supervisor.signalProcessGroup': (args) =>
      signalMany(many, byPriority(resolveGroup(facade, readText(args, 0))), args[1]),
    'supervisor.signalAllProcesses': (args) => signalMany(many, allByPriority(facade), args[0]),
  } satisfies Partial<Handlers>;
}

function createLogHandlers(many: Many, { reader }: HandlerDeps) {
  const { facade } = many;
  const readMain: Handler = (args) => {
    const path = facade.mainLogfile;
    const place = path === undefined ? { path, name: 'syslog' } : { path };
    return readLog(reader, place, readInteger(args, 0), readInteger(args, 1));
  };
  const logOf = (args: Arguments, channel: Channel) =>
    placeOfLog(resolveProcess(facade, readText(args, 0)), channel);
  const read = (channel: Channel): Handler => {
    return (args) => readLog(reader, logOf(args, channel), readInteger(args, 1), readInteger(args, 2));
  };
  const tail = (channel: Channel): Handler => {
    return (args) => tailLog(reader, logOf(args, channel).path, readInteger(args, 1), readInteger(args, 2));
  };
  const clear: Handler = (args) => {
    const namespec = readText(args, 0);
    return clearProcessLogs(resolveProcess(facade, namespec), namespec);
  };
  return {
    'supervisor.readLog': readMain,
    'supervisor.readMainLog': readMain,
    'supervisor.clearLog': () => clearMainLog(facade, reader),
    'supervisor.readProcessLog': read('stdout'),
    'supervisor.readProcessStdoutLog': read('stdout'),
    'supervisor.readProcessStderrLog': read('stderr'),
    'supervisor.tailProcessLog': tail('stdout'),
    'supervisor.tailProcessStdoutLog': tail('stdout'),
    'supervisor.tailProcessStderrLog': tail('stderr'),
    'supervisor.clearProcessLog': clear,
    'supervisor.clearProcessLogs': clear,
    'supervisor.clearAllProcessLogs': () => clearManyLogs(many, allByPriority(facade)),
  } satisfies Partial<Handlers>;
}

function placeOfLog(process: ProcessView, channel: Channel): LogPlace {
  const path = process.logfile(channel);
  if (path !== undefined) return { path };
  const { logfile } = process.config[channel];
  return { path, name: logfile.kind === 'none' && logfile.blank ? '' : undefined };
}

function clearMainLog(facade: Facade, reader: LogReader): true {
  const path = facade.mainLogfile;
  if (path === undefined || reader.size(path) === undefined) throw new RpcFault('NO_FILE');
  try {
    facade.clearMainLog();
  } catch (cause) {
    throw new RpcFault('FAILED', undefined, { cause });
  }
  return true;
}

function createInputHandlers(facade: Facade) {
  return {
    'supervisor.sendProcessStdin': (args) => {
      const chars = args[1];
      if (typeof chars !== 'string') throw new RpcFault('INCORRECT_PARAMETERS', showScalar(chars));
      const namespec = readText(args, 0);
      const outcome = resolveProcess(facade, namespec).writeStdin(new TextEncoder().encode(chars));
      if (outcome === 'accepted') return true;
      if (outcome === 'full') throw new RpcFault('FAILED', `stdin of ${namespec} is full`);
      throw new RpcFault(outcome === 'closed' ? 'NO_FILE' : 'NOT_RUNNING', namespec);
    },
    'supervisor.sendRemoteCommEvent': (args) => {
      // Numbers and booleans are taken as people write them: Supervisor formats whatever it gets.
      const [type, data] = [showScalar(args[0]), showScalar(args[1])];
      if (type === undefined || data === undefined) throw new RpcFault('INCORRECT_PARAMETERS');
      facade.sendRemoteCommEvent(type, data);
      return true;
    },
  } satisfies Partial<Handlers>;
}
