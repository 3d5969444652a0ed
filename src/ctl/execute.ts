import { Interrupted, type Session } from './command.ts';
import { findCommand } from './commands.ts';
import { EXIT } from './exit-status.ts';
import { formatFailure } from './failure-line.ts';
import { failureOf } from './remote.ts';

/** A typed line as command and words. The command is what stands before the first sign that no name has. */
export function parseLine(line: string): { readonly name: string; readonly words: readonly string[] } {
  const text = line.trim();
  const [name = ''] = text.startsWith('?') ? ['?'] : (/^\w*/.exec(text) ?? []);
  const words = text.slice(name.length).trim();
  return { name: name === '?' ? 'help' : name, words: words === '' ? [] : words.split(/\s+/) };
}

/** Runs one line. Whatever goes wrong becomes a line of output and an exit status; rejects with Interrupted only. */
export async function execute(line: string, session: Session): Promise<void> {
  if (line.trim() === '') return;
  const { name, words } = parseLine(line);
  const command = findCommand(name);
  if (command === undefined) {
    session.print(`*** Unknown syntax: ${line.trim()}`);
    return session.fail(EXIT.GENERIC);
  }
  try {
    await command.run(words, session);
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    if (isUnauthorized(error)) session.print('Server requires authentication');
    if (isUnauthorized(error) && session.interactive && (await logIn(session))) return execute(line, session);
    session.print(formatFailure(error));
    session.fail(EXIT.GENERIC);
  }
}

function isUnauthorized(error: unknown): boolean {
  const failure = failureOf(error);
  return failure?.kind === 'http-status' && failure.status === 401;
}

/** Asks who is there. False: nobody answered. */
async function logIn(session: Session): Promise<boolean> {
  const username = await session.terminal.readLine('Username:');
  if (username === undefined) return false;
  const password = await session.terminal.readLine('Password:', { secret: true });
  if (password === undefined) return false;
  session.print('');
  session.authenticate(username, password);
  return true;
}
