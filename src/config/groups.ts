/** Which groups a configuration has, and in what order. */
import { readStepsOr } from './config-error.ts';
import { readSocket } from './fcgi-section.ts';
import { readListenerHead, readPool } from './listener-pool.ts';
import { readProcesses, withoutDuplicates } from './process-section.ts';
import { compareText } from './python-text.ts';
import { processReaderOf, type ReadContext, readerOf } from './read-context.ts';
import { endsStep, type Steps } from './steps.ts';
import type { GroupConfig, HeraldConfig, ProcessConfig } from './types.ts';
import { parseInteger, parseList, parseName } from './values.ts';

/** Longer lists than this are no list of programs, and would take the memory of the machine. */
const MEMBERS_LIMIT = 10_000;

const STEP_SECTIONS = 8;

/**
 * Sorted by priority, then name. Of groups that share a name the first is kept: Supervisor reads the others and
 * never activates them. Throws ConfigError.
 */
export function* readGroups(
  context: ReadContext,
  compat: HeraldConfig['compat'],
  inherited: ReadonlyMap<string, string>,
): Steps<GroupConfig[]> {
  const reading = new GroupReading(context, compat, inherited);
  const groups: GroupConfig[] = [];
  for (const [prefix, read] of [
    ['group:', (section: string) => reading.mixedGroup(section)],
    ['program:', (section: string) => reading.programGroup(section)],
    ['eventlistener:', (section: string) => reading.pool(section)],
    ['fcgi-program:', (section: string) => reading.fcgiGroup(section)],
  ] as const) {
    for (const [nth, section] of reading.named(prefix).entries()) {
      if (endsStep(nth, STEP_SECTIONS)) yield;
      const group = yield* readStepsOr(context.errors, undefined, read(section));
      if (group !== undefined) groups.push(group);
    }
  }
  groups.sort((a, b) => a.priority - b.priority || compareText(a.name, b.name));
  return firstOfEachName(groups, context);
}

function firstOfEachName(groups: readonly GroupConfig[], { notices }: ReadContext): GroupConfig[] {
  const kept = new Map<string, GroupConfig>();
  for (const group of groups) {
    if (kept.has(group.name))
      notices.add('warn', `Group '${group.name}' is defined more than once, only the first one is used`);
    else kept.set(group.name, group);
  }
  return [...kept.values()];
}

class GroupReading {
  readonly #context: ReadContext;
  readonly #compat: HeraldConfig['compat'];
  readonly #inherited: ReadonlyMap<string, string>;
  /** Sections that are members of a `[group:x]` make no group of their own. */
  readonly #members = new Set<string>();

  constructor(context: ReadContext, compat: HeraldConfig['compat'], inherited: ReadonlyMap<string, string>) {
    this.#context = context;
    this.#compat = compat;
    this.#inherited = inherited;
  }

  named(prefix: string): string[] {
    return this.#context.raw.sections.map(({ name }) => name).filter((name) => name.startsWith(prefix));
  }

  *mixedGroup(section: string): Steps<GroupConfig> {
    const reader = readerOf(this.#context, section);
    const names = this.#commonNames();
    const name = this.#nameOf(section);
    const programs = parseList(reader.text('programs', names) ?? '');
    const priority = reader.value('priority', 999, names, parseInteger);
    if (programs.length > MEMBERS_LIMIT) {
      const text = `${programs.length} programs in one group are more than ${MEMBERS_LIMIT}`;
      throw reader.error(text, 'programs', undefined, `${programs[0]},...`);
    }
    // A program that is named twice is read once: its processes would only take their own places.
    const named = [...new Set(programs)];
    const processes: ProcessConfig[] = [];
    for (const [nth, program] of named.entries()) {
      if (endsStep(nth, STEP_SECTIONS)) yield;
      const member = reader.readOr(undefined, () => this.#memberSection(section, program));
      if (member === undefined) continue;
      this.#members.add(member);
      const fcgi = member.startsWith('fcgi-program:');
      const read = yield* fcgi ? this.#fcgiProcesses(member, name) : this.#processes(member, name);
      for (const process of read) processes.push(process);
    }
    return this.#group('program', name, priority, processes, named.length < programs.length);
  }

  *programGroup(section: string): Steps<GroupConfig | undefined> {
    if (this.#members.has(section)) return undefined;
    const name = this.#nameOf(section);
    const priority = this.#priorityOf(section);
    return this.#group('program', name, priority, yield* this.#processes(section, name));
  }

  *pool(section: string): Steps<GroupConfig> {
    const name = section.slice('eventlistener:'.length);
    const head = readListenerHead(section, this.#compat, this.#context);
    const processes = yield* this.#processes(section, name);
    const pool = readPool(head, processReaderOf(this.#context, section), this.#context);
    return { ...this.#group('eventlistener', name, head.priority, processes), pool };
  }

  *fcgiGroup(section: string): Steps<GroupConfig | undefined> {
    if (this.#members.has(section)) return undefined;
    const name = this.#nameOf(section);
    const priority = this.#priorityOf(section);
    return this.#group('fcgi', name, priority, yield* this.#fcgiProcesses(section, name));
  }

  /** Members of a `[group:x]` keep their socket: Supervisor makes plain programs of them. */
  *#fcgiProcesses(section: string, group: string): Steps<ProcessConfig[]> {
    const socket = readSocket(readerOf(this.#context, section), this.#nameOf(section), this.#context);
    const processes = yield* this.#processes(section, group);
    return processes.map((process) => ({ ...process, socket }));
  }

  #group(
    kind: GroupConfig['kind'],
    name: string,
    priority: number,
    all: readonly ProcessConfig[],
    repeated = false,
  ): GroupConfig {
    const processes = all.length > 1 ? withoutDuplicates(all) : all;
    if (repeated || processes.length < all.length)
      this.#context.notices.add(
        'warn',
        `Group '${name}' has several processes of one name, the last one is used`,
      );
    return { kind, name, priority, processes, pool: undefined };
  }

  #processes(section: string, group: string): Steps<ProcessConfig[]> {
    return readProcesses(processReaderOf(this.#context, section), group, this.#inherited, this.#context);
  }

  #memberSection(section: string, program: string): string {
    const { raw } = this.#context;
    const candidates = [`program:${program}`, `fcgi-program:${program}`].filter(
      (name) => raw.section(name) !== undefined,
    );
    const [only] = candidates;
    const reader = readerOf(this.#context, section);
    if (only === undefined)
      throw reader.error(
        `[${section}] names unknown program or fcgi-program ${program}`,
        'programs',
        undefined,
        program,
      );
    if (candidates.length === 1) return only;
    throw reader.error(
      `[${section}] name ${program} is ambiguous (exists as program and fcgi-program)`,
      'programs',
    );
  }

  #nameOf(section: string): string {
    const reader = readerOf(this.#context, section);
    const written = section.slice(section.indexOf(':') + 1);
    return reader.readOr(written, () => reader.attempt(undefined, () => parseName(written)));
  }

  #priorityOf(section: string): number {
    return readerOf(this.#context, section).value('priority', 999, this.#commonNames(), parseInteger);
  }

  #commonNames() {
    return this.#context.environment.with({ here: this.#context.here });
  }
}
