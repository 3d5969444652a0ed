/** Finds the functions that `result_handler=` names. */
import { createRequire } from 'node:module';
import { ConfigError } from '../config/config-error.ts';
import { parseResultHandler } from '../config/result-handlers.ts';
import type { DaemonConfig } from '../config/types.ts';
import { acceptOk, printLogLines, type ResultPolicy } from '../dispatch/result-policy.ts';
import { errorCode } from '../host/error-code.ts';

export interface HandlerSurroundings {
  /** Takes what supervisor_stdout's handler prints. */
  readonly print: (lines: Uint8Array) => void;
  /** A handler of a user that gives a promise has answered; its later failure is only told. */
  readonly failedLater: (message: string) => void;
}

/** `require` takes ES modules as well (without top-level await), and at once: a reread cannot wait. */
const load = createRequire(import.meta.url);

/** `reference` as the configuration keeps it. Throws an Error that says what is wrong with the module. */
export function resolveResultHandler(reference: string, surroundings: HandlerSurroundings): ResultPolicy {
  const handler = parseResultHandler(reference, '/');
  switch (handler.kind) {
    case 'default':
      return acceptOk;
    case 'stdout':
      return printLogLines(surroundings.print);
    case 'module':
      return loadHandler(handler.file, handler.name, surroundings);
  }
}

/** Loads every handler, so that a missing one is known before anything starts. Throws {@link ConfigError}. */
export function checkResultHandlers({ groups, file }: DaemonConfig): void {
  for (const { name, pool, processes } of groups) {
    if (pool === undefined) continue;
    try {
      resolveResultHandler(pool.resultHandler, { print: () => undefined, failedLater: () => undefined });
    } catch (cause) {
      const section = `eventlistener:${name}`;
      const message = `${pool.resultHandler} cannot be resolved within [${section}]: ${messageOf(cause)}`;
      const place = { file: processes[0]?.place.file ?? file, section, option: 'result_handler' };
      throw new ConfigError(message, place, { cause });
    }
  }
}

function loadHandler(file: string, name: string, { failedLater }: HandlerSurroundings): ResultPolicy {
  const module = loadModule(file);
  const found: unknown = Object.hasOwn(module, name) ? Reflect.get(module, name) : undefined;
  if (typeof found !== 'function') throw new Error(`${file} exports no function '${name}'`);
  return (event, result) => {
    const outcome: unknown = found(event, result);
    if (outcome instanceof Promise)
      outcome.catch((error: unknown) => failedLater(`${name} of ${file} failed: ${messageOf(error)}`));
  };
}

function loadModule(file: string): object {
  try {
    const module: unknown = load(file);
    return typeof module === 'object' && module !== null ? module : {};
  } catch (cause) {
    if (errorCode(cause) === 'MODULE_NOT_FOUND') throw new Error(`no such file: ${file}`, { cause });
    throw new Error(`${file} cannot be loaded: ${messageOf(cause)}`, { cause });
  }
}

/** Of a stack of required modules only the first line tells something. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? '';
}
