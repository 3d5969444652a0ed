import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fixture, sleepers, withDaemon } from '../harness.ts';
import type { Row } from '../row.ts';
import { encodeCall, RpcSocket } from '../rpc-socket.ts';

const run = promisify(execFile);
const PROGRAMS = 200;
const SECONDS = 2;
const QUICK_SECONDS = 0.5;

const GET_STATE = 'supervisor.getState';
const GET_ALL = 'supervisor.getAllProcessInfo';

/** Requests per second over one connection, one at a time, from a client that parses nothing and from Python's. */
export const rpc: Row = {
  name: 'rpc',
  summary: `getState and getAllProcessInfo with ${PROGRAMS} programs, requests per second`,
  figures: [
    { title: 'getState, raw client', from: `raw ${GET_STATE}`, take: 'median', unit: '/s', target: '>= 3x' },
    {
      title: 'getAllProcessInfo, raw client',
      from: `raw ${GET_ALL}`,
      take: 'median',
      unit: '/s',
      target: '>= 6x',
    },
    {
      title: 'getState, xmlrpc.client',
      from: `python ${GET_STATE}`,
      take: 'median',
      unit: '/s',
      target: '>= 2x',
    },
    {
      title: 'getAllProcessInfo, xmlrpc.client',
      from: `python ${GET_ALL}`,
      take: 'median',
      unit: '/s',
      target: '>= 1.6x',
    },
  ],
  steps: [
    (contender, { quick, python }) =>
      withDaemon(
        contender,
        () => sleepers(PROGRAMS),
        async (daemon) => {
          await daemon.log.running(PROGRAMS);
          const seconds = quick ? QUICK_SECONDS : SECONDS;
          const samples: Record<string, number[]> = {};
          for (const method of [GET_STATE, GET_ALL]) {
            samples[`raw ${method}`] = [await rawPerSecond(daemon.socketPath, method, seconds)];
            const script = [fixture('rpc_client.py'), daemon.socketPath, method, String(seconds)];
            const { stdout } = await run(python, script);
            samples[`python ${method}`] = [Number(stdout)];
          }
          return samples;
        },
      ),
  ],
};

async function rawPerSecond(socketPath: string, method: string, seconds: number): Promise<number> {
  const client = await RpcSocket.connect(socketPath);
  const request = encodeCall(method);
  await client.call(method);
  const repeat = async (milliseconds: number) => {
    const began = performance.now();
    let requests = 0;
    for (; performance.now() - began < milliseconds; requests += 1) await client.exchange(request);
    return requests / ((performance.now() - began) / 1000);
  };
  await repeat(seconds * 250);
  const rate = await repeat(seconds * 1000);
  client.close();
  return rate;
}
