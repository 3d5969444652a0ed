/**
 * Keeps the start small. Starting hundreds of programs is a burst of short-lived garbage and of loops that look
 * hot to V8; left alone it grows the young generation to many megabytes and pulls the optimizing compiler into
 * memory, and an idle daemon then keeps both for ever. So both are held back until the burst is over.
 *
 * In force from its import on, so before the configuration is read. That the other modules are loaded before it costs
 * nothing that could be measured. The flags are V8's own and have no effect where a version lacks them.
 */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--optimize-for-size');
setFlagsFromString('--no-opt');

/** The burst is over: from now on what is hot may be compiled and what is busy may grow. */
export function endLeanStart(): void {
  setFlagsFromString('--opt');
  setFlagsFromString('--no-optimize-for-size');
  setFlagsFromString('--semi-space-growth-factor=2');
}
