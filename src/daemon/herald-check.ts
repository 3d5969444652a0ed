/** `herald check`: what is wrong with a configuration, all of it. */
import { type CheckResult, checkConfig } from '../config/check/check.ts';
import type { Problem } from '../config/check/problem.ts';
import { requireConfigFile } from '../config/search-path.ts';
import { nodeConfigFiles as files, nodeWorld } from '../host/config-files.ts';
import { lookupUser } from '../host/users.ts';
import { nodeCheckMachine } from './check-machine.ts';
import { type Command, EXIT_FAILURE, EXIT_USAGE, readCommandWords, type Setting } from './herald-command.ts';

const EXIT_ERRORS = 2;

const OPTIONS = {
  configuration: { short: ['c'], long: 'configuration', argument: true },
  strict: { short: [], long: 'strict', argument: false },
  json: { short: [], long: 'json', argument: false },
} as const;

export const CHECK: Command = {
  words: 'check [--strict] [--json] [FILE]',
  help: 'tell everything that is wrong or doubtful in a configuration',
  details: `FILE is the configuration; without one it is looked for where heraldd looks.

Options:
  -c, --configuration FILE    the same as FILE
      --strict                exit with 1 when there are warnings
      --json                  one JSON object instead of lines

Exit status: 0 when there are no errors, 1 for warnings with --strict, 2 for errors.
`,
  run: check,
};

function check(given: readonly string[], { argv0, configuration }: Setting): number {
  const { options, words } = readCommandWords(given, OPTIONS);
  const has = (key: keyof typeof OPTIONS) => options.some((option) => option.key === key);
  const named = options.find(({ key }) => key === 'configuration')?.argument;
  const [path = configuration, ...more] = [...(named === undefined ? [] : [named]), ...words];
  if (more.length > 0) {
    process.stderr.write('Error: check takes one file\n');
    return EXIT_USAGE;
  }
  const result = checkConfig({
    files,
    world: nodeWorld(lookupUser),
    path: path ?? requireConfigFile(files, argv0),
    machine: nodeCheckMachine,
  });
  process.stdout.write(has('json') ? renderResultJson(result) : renderResult(result));
  if (result.problems.some(({ severity }) => severity === 'error')) return EXIT_ERRORS;
  return has('strict') && result.problems.length > 0 ? EXIT_FAILURE : 0;
}

export function renderResultJson(result: CheckResult): string {
  return `${JSON.stringify(result, undefined, 2)}\n`;
}

/** One line for each problem, and one in the end. */
export function renderResult({ file, problems, programs, listeners }: CheckResult): string {
  const lines = problems.map(renderProblem);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const found =
    problems.length === 0
      ? 'no problems'
      : `${count(errors, 'error')}, ${count(problems.length - errors, 'warning')}`;
  const what = `${count(programs.length, 'process')}, ${count(listeners.length, 'listener')}`;
  return `${[...lines, `${file}: ${found} (${what})`].join('\n')}\n`;
}

function count(number: number, noun: string): string {
  if (number === 1) return `1 ${noun}`;
  return `${number} ${noun}${noun.endsWith('s') ? 'es' : 's'}`;
}

/** Longer values are cut: the place says where all of it is. */
const VALUE_LIMIT = 80;

function renderProblem(problem: Problem): string {
  const { file, line, column, severity, section, option, value, message, allowed, suggestion } = problem;
  const where = [section === undefined ? '' : `[${section}]`, option ?? '']
    .filter((part) => part !== '')
    .join(' ');
  const notes = [
    value === undefined ? '' : `value '${cut(value)}'`,
    allowed === undefined ? '' : `allowed: ${allowed}`,
    suggestion === undefined ? '' : `did you mean '${suggestion}'?`,
  ].filter((part) => part !== '');
  const behind = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
  return printable(
    `${file}:${line}:${column}: ${severity}: ${where}${where === '' ? '' : ': '}${message}${behind}`,
  );
}

function cut(value: string): string {
  return value.length > VALUE_LIMIT ? `${value.slice(0, VALUE_LIMIT)}…` : value;
}

/** A file must not steer the terminal of who checks it. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
    char === '\n' ? '\\n' : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
