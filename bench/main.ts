import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import { type Command, helpText, readCommandLine, UsageError } from './command-line.ts';
import { type Contender, findContenders, findPython, MissingProgramError } from './contenders.ts';
import { endAll } from './harness.ts';
import type { Row, Samples, Setting } from './row.ts';
import { renderTable, type Summary, samplesText, summarise } from './table.ts';

const EXIT_BROKEN = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

/** The samples of each daemon in one row, one entry for every step of every round. */
type Rounds = Record<Contender['name'], Samples[]>;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    // The exit code of an interrupted run is the same however ending the daemons goes.
    void endAll().finally(() => process.exit(EXIT_INTERRUPTED));
  });
}

try {
  const command = readCommandLine(process.argv.slice(2));
  if (command.help) process.stdout.write(helpText());
  else await runRows(command);
} catch (error) {
  if (!(error instanceof UsageError || error instanceof MissingProgramError)) throw error;
  console.error(error.message);
  process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_BROKEN;
}

async function runRows(command: Command): Promise<void> {
  const contenders = await findContenders(process.env);
  const python = await findPython(process.env);
  const machine = `${os.cpus().length} x ${os.cpus()[0]?.model ?? 'unknown'}, Linux ${os.release()}, Node ${process.version}`;
  console.log(machine);
  console.log(loadText());
  for (const { name, version, command: words } of contenders)
    console.log(`${name}: ${version} (${words.join(' ')})`);
  const summaries: Summary[] = [];
  const raw: Record<string, Rounds> = {};
  for (const row of command.rows) {
    console.log(`\n${row.name}: ${row.summary}`);
    const rounds = await runRow(row, contenders, { quick: command.quick, rounds: command.rounds, python });
    raw[row.name] = rounds;
    summaries.push(...summarise(row, (name, from) => rounds[name].flatMap((samples) => samples[from] ?? [])));
  }
  console.log(`\n${renderTable(summaries)}`);
  if (command.json !== undefined) {
    const { rounds, quick } = command;
    const versions = Object.fromEntries(contenders.map(({ name, version }) => [name, version]));
    const report = { date: new Date().toISOString(), machine, versions, rounds, quick, summaries, raw };
    await writeFile(command.json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
}

/** Runs the steps of one row, the daemons taking turns in each. Who fails in a step is not tried in it again. */
async function runRow(row: Row, contenders: readonly Contender[], setting: Setting): Promise<Rounds> {
  const rounds: Rounds = { supervisord: [], herald: [] };
  const broken = new Set<string>();
  for (let round = 1; round <= setting.rounds; round += 1) {
    for (const [nth, step] of row.steps.entries()) {
      for (const contender of contenders) {
        const turn = `${contender.name} ${nth}`;
        if (broken.has(turn)) continue;
        const label = `  round ${round}  ${contender.name.padEnd(11)}`;
        try {
          const samples = await step(contender, setting);
          rounds[contender.name].push(samples);
          for (const [name, values] of Object.entries(samples))
            console.log(`${label}  ${name}: ${samplesText(values)}`);
        } catch (error) {
          broken.add(turn);
          process.exitCode = EXIT_BROKEN;
          console.error(`${label}  failed: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    }
  }
  return rounds;
}

/** A busy machine makes every wall-clock figure a figure about the neighbours; the reader has to know. */
function loadText(): string {
  const load = os.loadavg()[0] ?? 0;
  const busy = load > os.cpus().length / 2 ? ': others are at work here, trust only ratios that repeat' : '';
  return `load average ${load.toFixed(1)}${busy}`;
}
