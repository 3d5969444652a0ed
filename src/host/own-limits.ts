/**
 * The daemon's own resource limits, and the one on descriptors that its children get.
 *
 * Node raises the soft limit on descriptors to the hard one before any of our code runs. Children must not see
 * that: select(2) ends at 1024, and programs that close all descriptors up to the limit take seconds over a
 * million. See docs/decisions/descriptor-limits.md.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { SystemCallError } from './libc/errno.ts';
import { getLimit, type Limit, type LimitedResource, setLimit } from './libc/limits.ts';

/** systemd gives its services this hard limit, with a soft one of 1024, unless it is told otherwise. */
const HARD_LIMIT_OF_SYSTEMD = 524_288;
const SOFT_LIMIT_OF_SYSTEMD = 1024;

/** The hard limit stands in the way, and we may not raise it. */
export class LimitError extends Error {
  override readonly name = 'LimitError';
  readonly hard: number;

  constructor(resource: LimitedResource, hard: number, options: { readonly cause: unknown }) {
    super(`the limit on ${resource} cannot be raised above ${hard}`, options);
    this.hard = hard;
  }
}

/**
 * Sees to it that the soft limit is at least `minimum`, raising the hard one with it where that is allowed. Throws
 * {@link LimitError}.
 */
export function ensureLimit(resource: LimitedResource, minimum: number): 'raised' | 'enough' {
  const { soft, hard } = getLimit(resource);
  if (soft >= minimum) return 'enough';
  try {
    setLimit(resource, { soft: minimum, hard: Math.max(hard, minimum) });
    return 'raised';
  } catch (cause) {
    if (!(cause instanceof SystemCallError)) throw cause;
    throw new LimitError(resource, hard, { cause });
  }
}

/**
 * The soft limit on descriptors that this process was most likely started with. Our parent's, if its hard limit
 * is ours: then we have both from it, or from where it has them. Else (a service manager has set them for us, or
 * there is no parent to be seen) what systemd does by default; else the hard limit, which is what those have who
 * set one number for both.
 */
export function guessInheritedDescriptors(parent: Limit | undefined = parentLimit()): number {
  const { soft, hard } = getLimit('descriptors');
  if (parent?.hard === hard) return Math.min(parent.soft, soft);
  return hard === HARD_LIMIT_OF_SYSTEMD ? SOFT_LIMIT_OF_SYSTEMD : soft;
}

/** undefined where it cannot be known: no parent in our namespace, or /proc is not for us to read. */
function parentLimit(): Limit | undefined {
  try {
    const text = readFileSync(`/proc/${process.ppid}/limits`, 'latin1');
    const [, soft, hard] = /^Max open files +(\S+) +(\S+)/m.exec(text) ?? [];
    return soft === undefined || hard === undefined ? undefined : { soft: parse(soft), hard: parse(hard) };
  } catch {
    // Not there, or not readable: the caller has a rule for that.
    return undefined;
  }
}

function parse(text: string): number {
  return text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text);
}

/**
 * Runs `action`, which starts a process, under this soft limit on descriptors; undefined, or more than there is,
 * leaves it alone. Limits belong to the process, so the thread pool is under it as well for that moment.
 */
export function underDescriptorLimit<T>(soft: number | undefined, action: () => T): T {
  if (soft === undefined) return action();
  const own = getLimit('descriptors');
  if (soft >= own.soft) return action();
  setLimit('descriptors', { soft, hard: own.hard });
  try {
    return action();
  } finally {
    setLimit('descriptors', own);
  }
}
