/** Paths in option values that must lead somewhere. Both throw {@link ValueError} with Supervisor's text. */
import { ValueError } from './config-error.ts';
import { directoryName, expandHome } from './paths.ts';
import type { ConfigFiles, World } from './ports.ts';

export interface Surroundings {
  readonly files: ConfigFiles;
  readonly world: World;
}

/** A folder that exists; `~` is expanded, nothing else. */
export function parseDirectory(text: string, { files, world }: Surroundings): string {
  const path = expandHome(text, world);
  if (files.isDirectory(path)) return path;
  throw new ValueError(`${text} is not an existing directory`);
}

/** A file in a folder that exists, or in the working directory. */
export function parseFilePath(text: string, { files, world }: Surroundings): string {
  const path = expandHome(text, world);
  const folder = directoryName(path);
  if (folder === '' || files.isDirectory(folder)) return path;
  throw new ValueError(`The directory named as part of the path ${text} does not exist`);
}
