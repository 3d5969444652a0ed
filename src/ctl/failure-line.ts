import { quote } from './format.ts';
import type { Failure } from './remote.ts';
import { failureOf } from './remote.ts';

/** The one line for a failure that no command has words of its own for. Never a stack trace. */
export function formatFailure(error: unknown): string {
  const failure = failureOf(error);
  if (failure?.kind === 'fault') return `error: ${quoteFault(failure)}`;
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
  return `error: ${line}`;
}

/** A fault as supervisorctl shows it: `<Fault 6: 'SHUTDOWN_STATE'>`. */
export function quoteFault(fault: Extract<Failure, { kind: 'fault' }>): string {
  return `<Fault ${fault.code}: ${quote(fault.faultString)}>`;
}
