/**
 * What the buttons do, and what is said afterwards, in Supervisor's words. Everything goes the way of an RPC call, and
 * an answer comes when that has its result: there is nothing to ask again and again.
 * Source: Supervisor 4.2.5, observed.
 */
import type { Arguments } from '../../rpc/arguments.ts';
import { FAULTS, RpcFault } from '../../rpc/faults.ts';
import { resolveProcess } from '../../rpc/namespec.ts';
import type { Facade } from '../../supervisor/facade.ts';
import type { XmlRpcResult } from '../../wire/xmlrpc-values.ts';
import { formatCtime } from './ctime.ts';
import type { Form } from './form.ts';

/** Throws, or rejects with, {@link RpcFault}. */
export type Call = (method: string, params: Arguments) => XmlRpcResult | Promise<XmlRpcResult>;

export interface ActionDeps {
  readonly facade: Facade;
  readonly call: Call;
}

type Deed = (deps: ActionDeps, name: string) => Promise<string>;

const FOR_ALL: ReadonlyMap<string, Deed> = new Map<string, Deed>([
  ['refresh', async () => `Page refreshed at ${formatCtime(new Date())}`],
  [
    'stopall',
    async ({ call }) => {
      const stopped = await call('supervisor.stopAllProcesses', []);
      return `All stopped at ${formatCtime(new Date())}${exceptions(stopped)}`;
    },
  ],
  [
    'restartall',
    async ({ call }) => {
      await call('supervisor.stopAllProcesses', []);
      const started = await call('supervisor.startAllProcesses', []);
      return `All restarted at ${formatCtime(new Date())}${exceptions(started)}`;
    },
  ],
]);

const FOR_GROUPS: ReadonlyMap<string, Deed> = new Map<string, Deed>([
  [
    'startgroup',
    async ({ call }, name) => {
      const started = await call('supervisor.startProcessGroup', [name]);
      return `Group ${name} started${exceptions(started)}`;
    },
  ],
  [
    'stopgroup',
    async ({ call }, name) => {
      const stopped = await call('supervisor.stopProcessGroup', [name]);
      return `Group ${name} stopped${exceptions(stopped)}`;
    },
  ],
  [
    'restartgroup',
    async ({ call }, name) => {
      await call('supervisor.stopProcessGroup', [name]);
      const started = await call('supervisor.startProcessGroup', [name]);
      return `Group ${name} restarted${exceptions(started)}`;
    },
  ],
]);

const FOR_PROCESSES: ReadonlyMap<string, Deed> = new Map<string, Deed>([
  ['start', ({ call }, name) => start(call, name, 'started')],
  ['restart', restart],
  [
    'stop',
    async ({ call }, name) => {
      await call('supervisor.stopProcess', [name]);
      return `Process ${name} stopped`;
    },
  ],
  [
    'clearlog',
    async ({ call }, name) => {
      await call('supervisor.clearProcessLogs', [name]);
      return `Log for ${name} cleared`;
    },
  ],
]);

/** Does what a form with an action asks for. `undefined`: it asks for nothing that there is. Rejects for defects. */
export async function act(deps: ActionDeps, form: Form): Promise<string | undefined> {
  const action = form.get('action') ?? '';
  const deed = FOR_ALL.get(action);
  const processname = form.get('processname');
  const groupname = form.get('groupname');
  try {
    if (deed !== undefined) return await deed(deps, '');
    if (processname !== undefined) {
      if (!isProcess(deps.facade, processname)) return `No such process named ${processname}`;
      return await FOR_PROCESSES.get(action)?.(deps, processname);
    }
    if (groupname === undefined) return undefined;
    if (!deps.facade.groups.has(groupname)) return `No such group named ${groupname}`;
    return await FOR_GROUPS.get(action)?.(deps, groupname);
  } catch (error) {
    if (error instanceof RpcFault) return unexpected(error.code, error.message);
    throw error;
  }
}

/** Names of whole groups are none. */
function isProcess(facade: Facade, namespec: string): boolean {
  try {
    resolveProcess(facade, namespec);
    return true;
  } catch (error) {
    if (error instanceof RpcFault) return false;
    throw error;
  }
}

async function start(call: Call, name: string, done: string): Promise<string> {
  try {
    await call('supervisor.startProcess', [name]);
    return `Process ${name} ${done}`;
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
    return `ERROR: Process ${name}: ${startFailure(error.code, error.message)}`;
  }
}

/** One that is not running has nothing to be stopped. */
async function restart({ call }: ActionDeps, name: string): Promise<string> {
  try {
    await call('supervisor.stopProcess', [name]);
  } catch (error) {
    if (!(error instanceof RpcFault) || error.fault !== 'NOT_RUNNING') throw error;
  }
  return start(call, name, 'restarted');
}

const START_FAILURES: ReadonlyMap<number, string> = new Map<number, string>([
  [FAULTS.NO_FILE, 'no such file'],
  [FAULTS.NOT_EXECUTABLE, 'file not executable'],
  [FAULTS.ALREADY_STARTED, 'already started'],
  [FAULTS.SPAWN_ERROR, 'spawn error'],
  [FAULTS.ABNORMAL_TERMINATION, 'abnormal termination'],
]);

function startFailure(code: number, text: string): string {
  return START_FAILURES.get(code) ?? unexpected(code, text);
}

function unexpected(code: number, text: string): string {
  return `unexpected rpc fault [${code}] ${text}`;
}

/** How many names a message holds: it travels in a URL. */
const MAX_NAMED = 10;

/** `, but not a (spawn error), b (no such file) and 3 more`, from the statuses of many; empty when all did well. */
function exceptions(statuses: XmlRpcResult): string {
  const failed = (Array.isArray(statuses) ? statuses : []).flatMap((status: Record<string, XmlRpcResult>) => {
    const code = Number(status.status);
    if (code === FAULTS.SUCCESS) return [];
    const name = status.group === status.name ? status.name : `${status.group}:${status.name}`;
    return [`${name} (${startFailure(code, String(status.description))})`];
  });
  if (failed.length === 0) return '';
  const more = failed.length > MAX_NAMED ? ` and ${failed.length - MAX_NAMED} more` : '';
  return `, but not ${failed.slice(0, MAX_NAMED).join(', ')}${more}`;
}
