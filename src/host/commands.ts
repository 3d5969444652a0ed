import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { reprText } from '../log/python-repr.ts';
import { CommandError } from '../supervisor/ports.ts';

/**
 * Finds what a command's first word names; see `Files.resolveCommand`. A word without a slash is looked for in
 * the folders of `searchPath`, and the first thing of that name wins, whatever it is, as in Supervisor.
 */
export function resolveCommand(word: string, searchPath: string): string {
  if (word === '') throw new CommandError('NOT_EXECUTABLE', 'command is empty');
  const candidates = word.includes('/')
    ? [word]
    : searchPath.split(':').map((folder) => inFolder(folder, word));
  for (const candidate of candidates) {
    const stats = tryStat(candidate);
    if (stats === undefined) continue;
    checkExecutable(candidate, stats);
    return candidate;
  }
  throw new CommandError('NO_FILE', `can't find command ${reprText(word)}`);
}

/** Not normalised, for the path stands in messages and in the `$0` of scripts. An empty folder is the working directory. */
function inFolder(folder: string, word: string): string {
  return folder === '' || folder.endsWith('/') ? folder + word : `${folder}/${word}`;
}

function tryStat(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // What cannot be looked at (no permission, a loop of links, a NUL in the name) is as good as absent.
    return undefined;
  }
}

function checkExecutable(path: string, stats: Stats): void {
  const refuse = (text: string): never => {
    throw new CommandError('NOT_EXECUTABLE', text);
  };
  if (stats.isDirectory()) refuse(`command at ${reprText(path)} is a directory`);
  if ((stats.mode & 0o111) === 0) refuse(`command at ${reprText(path)} is not executable`);
  try {
    accessSync(path, constants.X_OK);
  } catch {
    // Whatever the reason (EACCES, a file system mounted noexec), we may not run it.
    refuse(`no permission to run command ${reprText(path)}`);
  }
}
