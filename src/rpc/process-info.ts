/**
 * `getProcessInfo` and `getAllProcessInfo`. Their XML is put together from pieces: what never changes about a
 * process (names, log files) is written once and kept beside its view, so that a list of hundreds costs little
 * more than joining strings. The cache is keyed by the view and goes with it.
 */

import { PROCESS_STATES } from '../process/states.ts';
import type { Facade, GroupView, ProcessSnapshot, ProcessView } from '../supervisor/facade.ts';
import { EncodedValue, type XmlRpcResult } from '../wire/xmlrpc-values.ts';
import { encodeMember, escapeText } from '../wire/xmlrpc-writer.ts';
import { describeProcess, wholeSeconds } from './description.ts';

export interface ProcessInfo {
  one(process: ProcessView): EncodedValue;
  all(): EncodedValue;
}

interface Fragments {
  readonly stdoutLogfile: string;
  readonly stderrLogfile: string;
  /** Up to the value of `start`. */
  readonly names: string;
  /** From behind `exitstatus` up to the value of `pid`. */
  readonly logfiles: string;
}

export function createProcessInfo(facade: Facade, wall: () => number): ProcessInfo {
  const fragments = new WeakMap<ProcessView, Fragments>();
  const listAll = createSortedList(facade);
  const encode = (process: ProcessView, now: number): string => {
    const snapshot = process.snapshot();
    let kept = fragments.get(process);
    if (
      kept === undefined ||
      kept.stdoutLogfile !== snapshot.stdoutLogfile ||
      kept.stderrLogfile !== snapshot.stderrLogfile
    ) {
      kept = writeFragments(snapshot);
      fragments.set(process, kept);
    }
    return encodeInfo(snapshot, kept, now);
  };
  return {
    one: (process) => new EncodedValue(encode(process, wall())),
    all() {
      const now = wall();
      let items = '';
      for (const process of listAll()) items += `<value>${encode(process, now)}</value>\n`;
      return new EncodedValue(`<array><data>\n${items}</data></array>`);
    },
  };
}

const STATE_XML = new Map(
  Object.entries(PROCESS_STATES).map(([name, code]) => [
    name,
    encodeMember('state', code) + encodeMember('statename', name),
  ]),
);

function writeFragments(snapshot: ProcessSnapshot): Fragments {
  const { name, group, stdoutLogfile, stderrLogfile } = snapshot;
  const member = (key: string, value: XmlRpcResult) => encodeMember(key, value);
  return {
    stdoutLogfile,
    stderrLogfile,
    names: `<struct>\n${member('name', name)}${member('group', group)}<member>\n<name>start</name>\n<value><int>`,
    logfiles: `</int></value>\n</member>\n${member('logfile', stdoutLogfile)}${member('stdout_logfile', stdoutLogfile)}${member('stderr_logfile', stderrLogfile)}<member>\n<name>pid</name>\n<value><int>`,
  };
}

function encodeInfo(snapshot: ProcessSnapshot, kept: Fragments, now: number): string {
  return `${kept.names}${wholeSeconds(snapshot.startedAt)}</int></value>
</member>
<member>
<name>stop</name>
<value><int>${wholeSeconds(snapshot.stoppedAt)}</int></value>
</member>
<member>
<name>now</name>
<value><int>${wholeSeconds(now)}</int></value>
</member>
${STATE_XML.get(snapshot.state)}<member>
<name>spawnerr</name>
<value><string>${escapeText(snapshot.spawnError)}</string></value>
</member>
<member>
<name>exitstatus</name>
<value><int>${snapshot.exitStatus}${kept.logfiles}${snapshot.pid}</int></value>
</member>
<member>
<name>description</name>
<value><string>${escapeText(describeProcess(snapshot, now))}</string></value>
</member>
</struct>`;
}

/** All processes by group name, then name. Sorted anew only when groups have come or gone. */
function createSortedList(facade: Facade): () => readonly ProcessView[] {
  let groups: readonly GroupView[] = [];
  let sorted: readonly ProcessView[] = [];
  return () => {
    const current = [...facade.groups.values()];
    const same = current.length === groups.length && current.every((group, i) => group === groups[i]);
    if (!same) {
      groups = current;
      sorted = current
        .flatMap((group) => [...group.processes.values()])
        .sort((a, b) => compare(a.group, b.group) || compare(a.name, b.name));
    }
    return sorted;
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
