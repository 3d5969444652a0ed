import type { Command, Session } from './command.ts';
import { CONFIGURATION } from './configuration.ts';
import { DAEMON_ACTIONS } from './daemon-actions.ts';
import { FOREGROUND } from './foreground.ts';
import { byName, formatColumns } from './format.ts';
import { LOGS } from './logs.ts';
import { PROCESS_ACTIONS } from './process-actions.ts';
import { QUERIES } from './queries.ts';

/** The table of everything heraldctl can be told. A name that is no key of it is not a command. */

async function leave(_words: readonly string[], session: Session): Promise<void> {
  session.print('');
  session.quit();
}

async function help(words: readonly string[], session: Session): Promise<void> {
  for (const line of formatHelp(words.join(' '))) session.print(line);
}

const LEAVE: Command = { name: 'exit', words: 'none', help: 'exit\tLeave the shell', run: leave };

const OWN: readonly Command[] = [
  LEAVE,
  { name: 'quit', words: 'none', help: 'quit\tLeave the shell', run: leave },
  {
    name: 'help',
    words: 'actions',
    help: 'help\t\tList the actions\nhelp <action>\tExplain one',
    run: help,
  },
];

export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [...QUERIES, ...PROCESS_ACTIONS, ...CONFIGURATION, ...DAEMON_ACTIONS, ...LOGS, ...FOREGROUND, ...OWN].map(
    (command) => [command.name, command],
  ),
);

/** Also finds `EOF`, which is Ctrl-D as a word in supervisorctl, and listed in no help there either. */
export function findCommand(name: string): Command | undefined {
  return name === 'EOF' ? LEAVE : COMMANDS.get(name);
}

/** The help of one action, or the list of all when the topic is empty. */
export function formatHelp(topic: string): string[] {
  if (topic !== '') return [COMMANDS.get(topic)?.help ?? `*** No help on ${topic}`];
  const title = 'default commands (type help <topic>):';
  const names = [...COMMANDS.keys()].filter((name) => name !== 'help').sort(byName);
  return ['', title, '='.repeat(title.length), ...formatColumns(names, 79), ''];
}
