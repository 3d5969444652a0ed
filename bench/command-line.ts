import { parseArgs } from 'node:util';
import type { Row } from './row.ts';
import { ROWS } from './rows/index.ts';

const DEFAULT_ROUNDS = 3;

export interface Command {
  readonly help: boolean;
  readonly rows: readonly Row[];
  readonly rounds: number;
  readonly quick: boolean;
  readonly json: string | undefined;
}

/** The words on the command line make no sense; for the person who typed them. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError */
export function readCommandLine(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  const rounds = Number(values.rounds ?? (values.quick ? 1 : DEFAULT_ROUNDS));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new UsageError(`--rounds wants a number from 1, not ${values.rounds}`);
  const rows = positionals.length === 0 ? ROWS : positionals.map(rowNamed);
  return { help: values.help, rows, rounds, quick: values.quick, json: values.json };
}

export function helpText(): string {
  const width = Math.max(...ROWS.map((row) => row.name.length));
  return `npm run bench -- [ROW ...] [--rounds N] [--quick] [--json FILE]

Measures Herald and supervisord on the same work in the same run. Prints figures and ratios; checks nothing.

Rows (default: all):
${ROWS.map((row) => `  ${row.name.padEnd(width)}  ${row.summary}`).join('\n')}

  --rounds N   rounds per row, the daemons taking turns in each (default ${DEFAULT_ROUNDS}, with --quick 1)
  --quick      small sizes: shows that the rows work, the figures are rough
  --json FILE  writes every sample to FILE as well
  --help       this text

Environment:
  HERALDD      command of Herald's daemon (default: node dist/heraldd.js)
  SUPERVISORD  command of supervisord (default: supervisord)
  PYTHON       a Python that can import supervisor.childutils (default: python3, then /usr/bin/python3)
`;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        json: { type: 'string' },
      },
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function rowNamed(name: string): Row {
  const row = ROWS.find((candidate) => candidate.name === name);
  if (row === undefined) {
    throw new UsageError(
      `no row is called ${name}; there are: ${ROWS.map((candidate) => candidate.name).join(', ')}`,
    );
  }
  return row;
}
