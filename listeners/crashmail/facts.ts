/** What the daemon can add to an event by RPC. None of it is worth a mail that is not sent: everything may fail. */
import { type Client, fromEnvironment, type ProcessInfo, RpcFaultError } from 'herald/client';

export interface Facts {
  readonly info: ProcessInfo | undefined;
  /** Last lines, oldest first; empty when there is no such log. */
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** Why something is missing. */
  readonly problem: string | undefined;
  /** The daemon is on its way down: it answers no questions, and what has not come up will not. */
  readonly shuttingDown: boolean;
}

/** Milliseconds for each of the questions, which are asked at the same time. */
const TIMEOUT = 3000;
const BYTES_PER_LINE = 256;
const MAX_TAIL_BYTES = 64 * 1024;
const MAX_LINE_CHARACTERS = 500;
const SILENT = 'more, for the daemon was shutting down';

/** Asks for the process and the ends of its logs; resolves within a few seconds, whatever happens. */
export async function gatherFacts(
  processName: string,
  lines: number,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Facts> {
  let client: Client;
  try {
    client = fromEnvironment(environment).with({ timeout: TIMEOUT });
  } catch (error) {
    return { info: undefined, stdout: [], stderr: [], problem: messageOf(error), shuttingDown: false };
  }
  const { supervisor } = client;
  const bytes = Math.min(lines * BYTES_PER_LINE, MAX_TAIL_BYTES);
  const tail = async (ask: typeof supervisor.tailProcessStdoutLog): Promise<readonly string[]> => {
    if (lines === 0) return [];
    const [text, , overflow] = await ask(processName, 0, bytes);
    return lastLines(text, lines, overflow);
  };
  // Not one multicall: supervisord cuts the answer of a multicall short when it is not ASCII.
  const [info, stdout, stderr] = await Promise.allSettled([
    supervisor.getProcessInfo(processName),
    tail(supervisor.tailProcessStdoutLog),
    tail(supervisor.tailProcessStderrLog),
  ]);
  const failure = [info, stdout, stderr].find((answer) => answer.status === 'rejected')?.reason;
  const shuttingDown = failure instanceof RpcFaultError && failure.name === 'SHUTDOWN_STATE';
  return {
    info: info.status === 'fulfilled' ? info.value : undefined,
    stdout: stdout.status === 'fulfilled' ? stdout.value : [],
    stderr: stderr.status === 'fulfilled' ? stderr.value : [],
    problem: failure === undefined ? undefined : shuttingDown ? SILENT : messageOf(failure),
    shuttingDown,
  };
}

/** The last lines of a text whose beginning may be cut off within a line. */
export function lastLines(text: string, count: number, cut: boolean): readonly string[] {
  const lines = text.replace(/\r\n/g, '\n').split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (cut && lines.length > 1) lines.shift();
  return lines.slice(-count).map(readable);
}

function readable(line: string): string {
  const plain = line
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are of no use in a mail.
    .replace(/\u001b\[[0-9;]*[A-Za-z]/g, '')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: so are other control characters but tabs.
    .replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '\ufffd');
  const characters = [...plain];
  return characters.length <= MAX_LINE_CHARACTERS
    ? plain
    : `${characters.slice(0, MAX_LINE_CHARACTERS).join('')} [...]`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
