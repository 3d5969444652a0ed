import { readdir, readFile } from 'node:fs/promises';

/** Memory of one process in MB of 2^20 bytes. `pss` shares shared pages among their users. */
export interface Memory {
  readonly rss: number;
  readonly pss: number;
}

/** Counters that only grow, summed over the threads a process has now. */
export interface Activity {
  /** Times a thread went to sleep of its own accord; each one is a wake-up, before or after. */
  readonly voluntarySwitches: number;
  /** Time on a processor in milliseconds, to the nanosecond. */
  readonly cpuMs: number;
}

const CLOCK_TICKS_PER_SECOND = 100;

export async function readMemory(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return { rss: kilobytes(status, 'VmRSS') / 1024, pss: kilobytes(rollup, 'Pss') / 1024 };
}

export async function readActivity(pid: number): Promise<Activity> {
  let voluntarySwitches = 0;
  let nanoseconds = 0;
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const status = await readFile(`/proc/${pid}/task/${thread}/status`, 'utf8');
    const schedule = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8');
    voluntarySwitches += Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1]);
    nanoseconds += Number(schedule.split(' ')[0]);
  }
  return { voluntarySwitches, cpuMs: nanoseconds / 1e6 };
}

/** User and system time of a process in seconds, threads that have ended included, to 10 ms. */
export async function readCpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The program's name may hold blanks and parentheses; the fields we want come after its last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

/** The children of a process, whichever of its threads made them; none when it has gone. */
export async function readChildren(pid: number): Promise<number[]> {
  try {
    const children: number[] = [];
    for (const thread of await readdir(`/proc/${pid}/task`)) {
      const text = await readFile(`/proc/${pid}/task/${thread}/children`, 'utf8');
      children.push(...text.split(' ').filter(Boolean).map(Number));
    }
    return children;
  } catch {
    // The process ended while we looked: then it has no children that are still its own.
    return [];
  }
}

function kilobytes(text: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s*(\\d+) kB`, 'm').exec(text)?.[1]);
}
