import process from 'node:process';
import { decodeReply, encodeCall, faultOf } from './client-codec.ts';
import type { InvalidReplyError, RpcFaultError } from './client-errors.ts';
import type { RpcMethodName, RpcMethods, RpcNamespace } from './client-methods.ts';
import { RPC_METHOD_NAMES, waitsForProcesses } from './client-methods.ts';
import type { Transport } from './client-transport.ts';
import { createTransport } from './client-transport.ts';

export type { ClientError } from './client-errors.ts';
export { ConnectionError, HttpStatusError, InvalidReplyError, RpcFaultError } from './client-errors.ts';
export type {
  ConfigChanges,
  ConfigInfo,
  DaemonStateInfo,
  LogTail,
  ProcessInfo,
  ProcessStatus,
  RpcMethodName,
  RpcMethods,
  RpcNamespace,
  RpcValue,
} from './client-methods.ts';
export { RPC_METHOD_NAMES } from './client-methods.ts';

export interface ClientOptions {
  /**
   * `unix:///path/to.sock`, `http://host:port` or `https://host:port`; a path, a user name and a password in it are
   * not used.
   */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /**
   * Keep one connection for many calls. Off: a call cannot meet a connection that the server has just closed,
   * which would leave open whether it was carried out.
   */
  readonly keepAlive?: boolean;
  /** The largest reply that is read, in bytes; 64 MiB unless told. Larger: ConnectionError with EMSGSIZE. */
  readonly maxReplyBytes?: number;
}

/** Limits for calls. `timeout` is in milliseconds, 0: none. */
export interface CallLimits {
  /** Unless told, 30 s, and none for methods that answer only when processes have started or stopped. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** One call of a multicall. Made by `call`. */
export interface PlannedCall<M extends RpcMethodName = RpcMethodName> {
  readonly method: M;
  readonly params: RpcMethods[M]['params'];
}

/** What became of one call of a multicall: exactly one of the two is there. */
export type CallOutcome<R> =
  | { readonly value: R; readonly fault?: undefined }
  | { readonly fault: RpcFaultError | InvalidReplyError; readonly value?: undefined };

export type CallOutcomes<C extends readonly PlannedCall[]> = {
  readonly [I in keyof C]: C[I] extends PlannedCall<infer M> ? CallOutcome<RpcMethods[M]['result']> : never;
};

export interface Client {
  /** As it was given, without a user name and a password. */
  readonly url: string;
  readonly supervisor: RpcNamespace<'supervisor'>;
  readonly system: RpcNamespace<'system'>;

  /**
   * Calls any method by its name on the wire, those of plugins too; its result is what the reply holds,
   * unchecked. Rejects with a ClientError; throws TypeError for parameters that XML-RPC cannot carry.
   */
  call<M extends RpcMethodName>(
    method: M,
    ...params: RpcMethods[M]['params']
  ): Promise<RpcMethods[M]['result']>;
  call(method: string, ...params: readonly unknown[]): Promise<unknown>;

  /** Many calls in one request, run in order. Rejects only when the request itself fails. */
  multicall<const C extends readonly PlannedCall[]>(calls: C): Promise<CallOutcomes<C>>;

  /** The same client with other limits: `client.with({ timeout: 500 }).supervisor.getState()`. */
  with(limits: CallLimits): Client;

  /** A program's log as it grows, beginning with its last 1,024 bytes. Ends when `signal` fires. */
  followProcessLog(
    name: string,
    channel?: 'stdout' | 'stderr',
    signal?: AbortSignal,
  ): AsyncIterable<Uint8Array>;
  /** The daemon's own log as it grows. Throws HttpStatusError 404 while reading when it has none. */
  followMainLog(signal?: AbortSignal): AsyncIterable<Uint8Array>;

  /** Closes connections that are kept; only of use with `keepAlive`. */
  close(): void;
}

const DEFAULT_TIMEOUT = 30_000;
const DEFAULT_MAX_REPLY = 64 * 1024 * 1024;

/** A client for any Supervisor-compatible daemon. Throws TypeError for a URL of another kind. No call is made yet. */
export function createClient(options: ClientOptions): Client {
  const transport = createTransport({
    url: options.url,
    username: options.username,
    password: options.password,
    keepAlive: options.keepAlive ?? false,
    maxReplyBytes: options.maxReplyBytes ?? DEFAULT_MAX_REPLY,
  });
  return clientOver(transport, {});
}

/**
 * A client for the daemon that started this process: it reads SUPERVISOR_SERVER_URL, and SUPERVISOR_USERNAME
 * and SUPERVISOR_PASSWORD when they are set, as Supervisor's childutils does. Throws TypeError when the URL
 * is missing or of another kind.
 */
export function fromEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  options: Omit<ClientOptions, 'url' | 'username' | 'password'> = {},
): Client {
  const { SUPERVISOR_SERVER_URL: url, SUPERVISOR_USERNAME: name, SUPERVISOR_PASSWORD: word } = environment;
  if (url === undefined || url === '')
    throw new TypeError('SUPERVISOR_SERVER_URL is not set: this process was not started by a supervisor');
  return createClient({ ...options, url, username: name || undefined, password: word || undefined });
}

/** Plans one call of a multicall: `client.multicall([call('supervisor.getPID')])`. */
export function call<M extends RpcMethodName>(method: M, ...params: RpcMethods[M]['params']): PlannedCall<M> {
  return { method, params };
}

function clientOver(transport: Transport, limits: CallLimits): Client {
  const invoke = async (method: string, ...params: readonly unknown[]): Promise<unknown> => {
    const timeout = limits.timeout ?? (waitsForProcesses(method) ? 0 : DEFAULT_TIMEOUT);
    const body = await transport.post(encodeCall(method, params), { timeout, signal: limits.signal });
    return decodeReply(method, body);
  };
  return {
    url: transport.url,
    supervisor: namespace('supervisor', invoke),
    system: namespace('system', invoke),
    // The rows of RpcMethods are the contract of the wire; a reply is not checked against them again.
    call: invoke as Client['call'],
    multicall: (calls) => multicall(invoke, calls),
    with: (more) => clientOver(transport, { ...limits, ...more }),
    followProcessLog: (name, channel = 'stdout', signal = limits.signal) =>
      transport.stream(`/logtail/${encodeURIComponent(name)}/${channel}`, signal),
    followMainLog: (signal = limits.signal) => transport.stream('/mainlogtail', signal),
    close: () => transport.close(),
  };
}

type Invoke = (method: string, ...params: readonly unknown[]) => Promise<unknown>;

/** An object with one function for each method of the prefix. Its names are a fixed list, nothing is reflected. */
function namespace<P extends 'supervisor' | 'system'>(prefix: P, invoke: Invoke): RpcNamespace<P> {
  const names = RPC_METHOD_NAMES.filter((name) => name.startsWith(`${prefix}.`));
  const functions: unknown = Object.fromEntries(
    names.map((name) => [
      name.slice(prefix.length + 1),
      (...params: readonly unknown[]) => invoke(name, ...params),
    ]),
  );
  // The compiler cannot see that slicing the prefix off gives the keys of the mapped type.
  return functions as RpcNamespace<P>;
}

async function multicall<const C extends readonly PlannedCall[]>(
  invoke: Invoke,
  calls: C,
): Promise<CallOutcomes<C>> {
  const entries = calls.map(({ method, params }) => ({ methodName: method, params }));
  const results = await invoke('system.multicall', entries);
  const list: readonly unknown[] = Array.isArray(results) ? results : [];
  return calls.map(({ method }, index) => outcomeOf(method, list[index])) as CallOutcomes<C>;
}

/** Supervisor puts each result bare into the array, and a fault as a struct of these two members. */
function outcomeOf(method: string, result: unknown): CallOutcome<unknown> {
  if (typeof result === 'object' && result !== null && 'faultCode' in result && 'faultString' in result)
    return { fault: faultOf(method, result.faultCode, result.faultString) };
  if (result === undefined) return { fault: faultOf(method, undefined, undefined) };
  return { value: result };
}
