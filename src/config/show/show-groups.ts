/**
 * Groups as sections. Programs are written out process by process. Processes of a listener or of an
 * `[fcgi-program:x]` belong together, so their section stays one with `numprocs`; an option in which they differ
 * keeps the text that makes the difference.
 */
import type { GroupConfig, ProcessConfig } from '../types.ts';
import { poolValues, processValues, type Values } from './process-values.ts';
import { SectionWriter, type ShowContext, type ShownSection } from './shown-section.ts';
import { processNameText } from './value-text.ts';

export function showGroups(
  groups: readonly GroupConfig[],
  inherited: ReadonlyMap<string, string>,
  context: ShowContext,
): ShownSection[] {
  const writer = new GroupsWriter(inherited, context);
  // Their names are taken as they are: what is a member of another group has to give way.
  for (const group of groups) if (isAlone(group)) writer.reserve(`program:${group.name}`);
  return groups.flatMap((group) => writer.group(group));
}

/** A program that is its own group. */
function isAlone({ kind, name, processes }: GroupConfig): boolean {
  const [only, ...others] = processes;
  return kind === 'program' && only?.name === name && others.length === 0 && only.socket === undefined;
}

class GroupsWriter {
  readonly #inherited: ReadonlyMap<string, string>;
  readonly #context: ShowContext;
  readonly #taken = new Set<string>();

  constructor(inherited: ReadonlyMap<string, string>, context: ShowContext) {
    this.#inherited = inherited;
    this.#context = context;
  }

  reserve(section: string): void {
    this.#taken.add(section);
  }

  group(group: GroupConfig): ShownSection[] {
    const { kind, name, processes, pool } = group;
    const [only] = processes;
    if (pool !== undefined) {
      const source = `eventlistener:${name}`;
      return [
        this.#together(source, source, processes, {
          ...poolValues(pool),
          priority: this.#poolPriority(group),
        }),
      ];
    }
    if (kind === 'fcgi') {
      const source = `fcgi-program:${name}`;
      return [this.#together(source, source, processes, {})];
    }
    if (only !== undefined && isAlone(group) && only.priority === group.priority)
      return [this.#single(`program:${name}`, only)];
    return this.#mixed(group);
  }

  #mixed({ name, priority, processes }: GroupConfig): ShownSection[] {
    const members: ShownSection[] = [];
    for (const run of runsOfSections(processes)) {
      const [first] = run;
      const source = first?.place.section ?? '';
      if (source.startsWith('fcgi-program:')) {
        const section = this.#free(source);
        members.push(this.#together(section, source, run, {}));
      } else {
        for (const process of run)
          members.push(this.#single(this.#free(`program:${sectionName(process.name)}`), process));
      }
    }
    const names = members.map((member) => member.name.slice(member.name.indexOf(':') + 1));
    const written =
      this.#context.raw.section(`group:${name}`) === undefined ? `program:${name}` : `group:${name}`;
    const group = new SectionWriter(`group:${name}`, written, this.#context)
      .add('programs', names.join(','))
      .add('priority', String(priority));
    return [group.section, ...members];
  }

  #single(section: string, process: ProcessConfig): ShownSection {
    const writer = new SectionWriter(section, process.place.section, this.#context);
    const values = processValues(process);
    writer.add('command', values.command);
    this.#addName(writer, process);
    writer.addText('numprocs', '1', '1').addText('numprocs_start', '0', '0');
    writer.addEnvironment(this.#own(process));
    return inOrder(writer.addAll(values).section);
  }

  /** All processes of `source` as one section. */
  #together(
    section: string,
    source: string,
    processes: readonly ProcessConfig[],
    more: Values,
  ): ShownSection {
    const { raw } = this.#context;
    const writer = new SectionWriter(section, source, this.#context);
    const [first] = processes;
    if (first === undefined) return writer.addAll(more).section;
    const all = processes.map((process) => processValues(process));
    const counted = raw.option(source, 'numprocs') !== undefined || processes.length > 1;
    if (counted) writer.addRaw('numprocs').addRaw('numprocs_start').addRaw('process_name');
    else this.#addName(writer, first);
    const own = processes.map((process) => this.#own(process));
    const [pairs] = own;
    if (pairs !== undefined && own.every((other) => sameMap(pairs, other))) writer.addEnvironment(pairs);
    else writer.addRaw('environment');
    const values: Record<string, string | undefined> = {};
    for (const [option, value] of Object.entries(all[0] ?? {})) {
      if (all.every((other) => other[option] === value)) values[option] = value;
      else writer.addRaw(option);
    }
    return inOrder(writer.addAll({ ...values, ...more }).section);
  }

  #addName(writer: SectionWriter, { name }: ProcessConfig): void {
    const text = processNameText(name);
    if (text === undefined)
      writer.remark(`the process is called ${name}: a name with a colon cannot be written`);
    else writer.addText('process_name', name, text);
  }

  /** A priority of a listener is for the group and the processes; without one they have different ones. */
  #poolPriority({ priority, processes }: GroupConfig): string | undefined {
    return processes.every((process) => process.priority === priority) ? String(priority) : undefined;
  }

  /** What the program adds to the pairs of `[supervisord]`. */
  #own({ environment }: ProcessConfig): ReadonlyMap<string, string> {
    return new Map([...environment].filter(([key, value]) => this.#inherited.get(key) !== value));
  }

  #free(wanted: string): string {
    let section = wanted;
    for (let number = 2; this.#taken.has(section); number += 1) section = `${wanted}_${number}`;
    this.#taken.add(section);
    return section;
  }
}

function runsOfSections(processes: readonly ProcessConfig[]): ProcessConfig[][] {
  const runs: ProcessConfig[][] = [];
  for (const process of processes) {
    const run = runs.at(-1);
    if (run?.[0]?.place.section === process.place.section) run.push(process);
    else runs.push([process]);
  }
  return runs;
}

/** A member is named in a list between commas. */
function sectionName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.-]/g, '_') || 'unnamed';
}

/** The command and the name first, then in the order in which the options were made. */
function inOrder({ name, options, remarks }: ShownSection): ShownSection {
  const rank = (option: string) => (option === 'command' ? 0 : option === 'process_name' ? 1 : 2);
  return { name, remarks, options: [...options].sort((a, b) => rank(a.name) - rank(b.name)) };
}

function sameMap(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
