import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const PROJECT_ROOT = path.dirname(import.meta.dirname);

/** A daemon under measurement. `command` is the program and its first arguments; `-n -c FILE` follows. */
export interface Contender {
  readonly name: 'supervisord' | 'herald';
  readonly command: readonly [string, ...string[]];
  readonly version: string;
}

/** A program that the measurement needs is missing; `message` says how to get it. For the person at the keyboard. */
export class MissingProgramError extends Error {
  override readonly name = 'MissingProgramError';
}

/**
 * Finds both daemons: `SUPERVISORD` (default `supervisord`) and `HERALDD` (default `node dist/heraldd.js`), each a
 * command with arguments separated by blanks, run from the project folder.
 * @throws MissingProgramError when one cannot be asked for its version
 */
export async function findContenders(env: NodeJS.ProcessEnv): Promise<readonly [Contender, Contender]> {
  const supervisord = await findContender(
    'supervisord',
    words(env.SUPERVISORD) ?? ['supervisord'],
    HOW_TO_GET_IT,
  );
  const built = path.join(PROJECT_ROOT, 'dist', 'heraldd.js');
  const asked = words(env.HERALDD);
  if (asked === undefined && !existsSync(built)) {
    throw new MissingProgramError(
      'dist/heraldd.js is missing: run `npm run build`, or name a command in HERALDD.',
    );
  }
  const herald = await findContender(
    'herald',
    asked ?? [process.execPath, built],
    'Set HERALDD to a command that works.',
  );
  return [supervisord, herald];
}

const HOW_TO_GET_IT =
  'Install the package `supervisor` (Debian, Ubuntu: apt-get install supervisor; elsewhere: pip install supervisor), ' +
  'or name its command in SUPERVISORD.';

async function findContender(
  name: Contender['name'],
  command: readonly [string, ...string[]],
  advice: string,
): Promise<Contender> {
  const [program, ...args] = command;
  try {
    const { stdout } = await run(program, [...args, '-v'], { cwd: PROJECT_ROOT });
    return { name, command, version: stdout.trim() };
  } catch (cause) {
    throw new MissingProgramError(`Cannot run \`${command.join(' ')} -v\`. ${advice}`, { cause });
  }
}

/**
 * Finds a Python that can import supervisor.childutils: `PYTHON`, else `python3` of the path, else /usr/bin/python3.
 * The listeners of the measurement are written with the library that real listeners use.
 * @throws MissingProgramError
 */
export async function findPython(env: NodeJS.ProcessEnv): Promise<string> {
  const candidates = env.PYTHON === undefined ? ['python3', '/usr/bin/python3'] : [env.PYTHON];
  for (const candidate of candidates) {
    try {
      const script = 'import sys, supervisor.childutils; print(sys.executable)';
      const { stdout } = await run(candidate, ['-c', script]);
      return stdout.trim();
    } catch {
      // A Python without the package is no error while there is another one to try.
    }
  }
  throw new MissingProgramError(
    `None of ${candidates.join(', ')} can import supervisor.childutils. ` +
      'Install the package `supervisor`, or name its Python in PYTHON.',
  );
}

function words(text: string | undefined): readonly [string, ...string[]] | undefined {
  const [program, ...args] = (text ?? '').split(/\s+/).filter((word) => word !== '');
  return program === undefined ? undefined : [program, ...args];
}
