/**
 * From the bytes of a request to the text of a reply. A method is called when its name is a key of a Map, and in
 * no other way: there is nothing to traverse (compare CVE-2017-11610).
 */
import { reprText } from '../log/python-repr.ts';
import type { Facade } from '../supervisor/facade.ts';
import type { BulkWork, MainLog } from '../supervisor/ports.ts';
import { parseCall } from '../wire/xmlrpc-reader.ts';
import { type MethodCall, type XmlRpcResult, XmlRpcSyntaxError } from '../wire/xmlrpc-values.ts';
import { writeFault, writeResponse } from '../wire/xmlrpc-writer.ts';
import type { Arguments } from './arguments.ts';
import type { ResolveUid } from './config-info.ts';
import { RpcFault } from './faults.ts';
import { createHandlers, type Handler } from './handlers.ts';
import type { LogReader } from './log-reading.ts';
import { countRequired, type MethodRow } from './method-row.ts';
import { METHODS } from './methods.ts';
import { runMulticall } from './multicall.ts';
import { createProcessInfo } from './process-info.ts';

export interface RpcDeps {
  readonly log: MainLog;
  readonly reader: LogReader;
  /** What `getSupervisorVersion` answers. */
  readonly version: string;
  /** Epoch milliseconds. */
  readonly wall: () => number;
  /** What concerns many processes is done in its slices. */
  readonly bulk: BulkWork;
  /** For `uid` in getAllConfigInfo; without it the user's name is shown. */
  readonly resolveUid?: ResolveUid;
}

/** 400 and 500 have no body of their own. */
export type RpcReply = { readonly status: 200; readonly xml: string } | { readonly status: 400 | 500 };

export interface RpcDispatcher {
  /** Answers the body of a request. Never throws; a promise never rejects. */
  handle(body: Uint8Array): RpcReply | Promise<RpcReply>;
  /** Makes one call. Throws, or rejects with, {@link RpcFault}. */
  call(method: string, params: Arguments): XmlRpcResult | Promise<XmlRpcResult>;
}

interface Route {
  readonly handler: Handler;
  readonly required: number;
  readonly allowed: number;
  /** Refused while the daemon is on its way down. */
  readonly gated: boolean;
}

export function createRpcDispatcher(facade: Facade, deps: RpcDeps): RpcDispatcher {
  const processInfo = createProcessInfo(facade, deps.wall);
  const handlers = createHandlers(facade, {
    reader: deps.reader,
    version: deps.version,
    resolveUid: deps.resolveUid ?? (() => undefined),
    processInfo,
    bulk: deps.bulk,
    multicall: (args) =>
      runMulticall(call, args, (error) => reportDefect(deps.log, 'system.multicall', error)),
  });
  const routes: ReadonlyMap<string, Route> = new Map(
    METHODS.map((row) => [row.name, createRoute(row, handlers[row.name])]),
  );
  const call = (method: string, params: Arguments): XmlRpcResult | Promise<XmlRpcResult> => {
    const route = routes.get(method);
    if (route === undefined) throw new RpcFault('UNKNOWN_METHOD');
    if (params.length < route.required || params.length > route.allowed) {
      throw new RpcFault('INCORRECT_PARAMETERS');
    }
    if (route.gated && facade.state !== 'RUNNING') throw new RpcFault('SHUTDOWN_STATE');
    return route.handler(params);
  };
  return {
    handle: (body) => handle(body, call, deps.log),
    call,
  };
}

function createRoute(row: MethodRow, handler: Handler): Route {
  const gated = row.name.startsWith('supervisor.') && row.name !== 'supervisor.sendRemoteCommEvent';
  return { handler, required: countRequired(row), allowed: row.params.length, gated };
}

type Call = RpcDispatcher['call'];

function handle(body: Uint8Array, call: Call, log: MainLog): RpcReply | Promise<RpcReply> {
  const request = readRequest(body, log);
  if (request === undefined) return { status: 400 };
  const { method } = request;
  const tracing = log.enabled('trace');
  if (tracing) log.write('trace', `XML-RPC method called: ${method}()`);
  const succeed = (value: XmlRpcResult): RpcReply => {
    const reply: RpcReply = { status: 200, xml: writeResponse(value) };
    if (tracing) log.write('trace', `XML-RPC method ${method}() returned successfully`);
    return reply;
  };
  const fail = (error: unknown): RpcReply => answerError(method, error, log);
  try {
    const value = call(method, request.params);
    return value instanceof Promise ? value.then(succeed).catch(fail) : succeed(value);
  } catch (error) {
    return fail(error);
  }
}

function readRequest(body: Uint8Array, log: MainLog): MethodCall | undefined {
  try {
    return parseCall(body);
  } catch (error) {
    if (!(error instanceof XmlRpcSyntaxError)) throw error;
    const why = error.kind === 'no-method' ? 'no method name' : 'unmarshallable';
    log.write('error', `XML-RPC request data ${showBody(body)} is invalid: ${why}`);
    return undefined;
  }
}

function answerError(method: string, error: unknown, log: MainLog): RpcReply {
  if (!(error instanceof RpcFault)) {
    reportDefect(log, method, error);
    return { status: 500 };
  }
  if (log.enabled('trace')) {
    log.write('trace', `XML-RPC method ${method}() returned fault: [${error.code}] ${error.message}`);
  }
  return { status: 200, xml: writeFault(error.code, error.message) };
}

/** A handler failed in a way that is the daemon's own fault: say so where the operator looks. */
function reportDefect(log: MainLog, method: string, error: unknown): void {
  const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  log.write('critical', `Handling XML-RPC method ${reprText(method)} raised an unexpected exception: ${why}`);
  if (error instanceof Error && error.stack !== undefined) log.write('debug', error.stack);
}

/** The beginning of a request as Python would show it: anyone can send anything, of any size. */
function showBody(body: Uint8Array): string {
  const shown = new TextDecoder().decode(body.subarray(0, 1000));
  return reprText(shown) + (body.length > 1000 ? ` (the first 1000 of ${body.length} bytes)` : '');
}
