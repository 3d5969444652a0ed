import { open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeCall, type RpcSocket } from './rpc-socket.ts';

const END_MARKER = 'END-OF-OUTPUT\n';
const PATIENCE_MS = 30_000;

/** Asks getState again and again, 5 ms after each answer, until `done`; gives the delays in milliseconds. */
export async function askMeanwhile(rpc: RpcSocket, done: AbortSignal): Promise<number[]> {
  const request = encodeCall('supervisor.getState');
  const latency: number[] = [];
  while (!done.aborted) {
    const asked = performance.now();
    await rpc.exchange(request);
    latency.push(performance.now() - asked);
    await delay(5);
  }
  return latency;
}

/** The last line a child wrote has to be in the file (or the one just rotated away): output is not lost. */
export async function awaitEndMarker(file: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await endsWithMarker(file)) && !(await endsWithMarker(`${file}.1`))) {
    if (Date.now() > deadline) throw new Error('the end of the output is not in the log: output was lost');
    await delay(20);
  }
}

async function endsWithMarker(file: string): Promise<boolean> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - END_MARKER.length);
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(END_MARKER.length),
      0,
      END_MARKER.length,
      from,
    );
    return buffer.toString('latin1', 0, bytesRead) === END_MARKER;
  } finally {
    await handle.close();
  }
}
