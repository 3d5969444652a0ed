/** The main file and what its `[include]` names, merged. */
import { ConfigError, type ErrorSink, readOr, readStepsOr, ValueError } from './config-error.ts';
import { decodeText, lineOfFault } from './decode-text.ts';
import { type RawFile, readDialectInSteps } from './dialect.ts';
import type { Surroundings } from './existing-paths.ts';
import type { Names } from './names.ts';
import { absolutePath, directoryName, joinPath } from './paths.ts';
import { expandNames } from './percent-format.ts';
import { splitWords } from './python-text.ts';
import { RawConfig } from './raw-config.ts';
import type { Notices } from './read-context.ts';
import { atOnce, type Steps } from './steps.ts';

/** How the notices begin that an `[include]` may lead to. */
export const NO_MATCH = 'No file matches via include ';
export const NOT_READ = 'Left out of the include: ';

/** Throws {@link ConfigError}. Nothing is included. */
export function readMainFile(path: string, surroundings: Surroundings): RawConfig {
  return atOnce(readMainInSteps(path, surroundings));
}

/**
 * `names` are those of `[include] files`. Throws {@link ConfigError}; with a sink, only for a main file that
 * cannot be read at all.
 */
export function* readWithIncludes(
  path: string,
  surroundings: Surroundings,
  names: Names,
  notices: Notices,
  errors?: ErrorSink,
): Steps<RawConfig> {
  const { files, world } = surroundings;
  const config = yield* readMainInSteps(path, surroundings, errors);
  const include = config.section('include');
  if (include === undefined) return config;
  const here = directoryName(absolutePath(path, world));
  config.replaceHere(here, allNames(config));
  for (const pattern of readOr(errors, [], () => includePatterns(config, path, names))) {
    const joined = joinPath(here, pattern);
    const matches = files.glob(joined);
    if (matches.length === 0) notices.add('warn', `${NO_MATCH}"${joined}"`);
    for (const match of matches) {
      yield;
      notices.add('info', `Included extra file "${match}" during parsing`);
      const isRead = yield* readStepsOr(errors, true, includeFile(match, config, surroundings, errors));
      const isFolderByPattern = match !== joined && files.isDirectory(match);
      if (!isRead && !isFolderByPattern) notices.add('warn', `${NOT_READ}"${match}": it cannot be read`);
    }
  }
  return config;
}

function includePatterns(config: RawConfig, path: string, names: Names): string[] {
  const option = config.option('include', 'files');
  if (option === undefined) {
    const line = config.section('include')?.line;
    throw new ConfigError('.ini file has [include] section, but no files setting', {
      file: path,
      line,
      section: 'include',
    });
  }
  try {
    return splitWords(expandNames(option.value, names, 'include.files'));
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    throw new ConfigError(cause.message, { ...option, section: 'include', option: 'files' }, { cause });
  }
}

/** False when the file cannot be opened: Supervisor leaves it out, and says that it was included all the same. */
function* includeFile(
  path: string,
  config: RawConfig,
  { files, world }: Surroundings,
  errors: ErrorSink | undefined,
): Steps<boolean> {
  let bytes: Uint8Array;
  try {
    bytes = files.read(path);
  } catch (cause) {
    if (reasonOf(cause) !== '') throw unreadable(path, cause);
    return false;
  }
  const file = yield* parseBytes(bytes, path, errors);
  config.merge(file, path);
  const touched = file.defaults.size > 0 ? allNames(config) : file.sections.keys();
  config.replaceHere(directoryName(absolutePath(path, world)), touched);
  return true;
}

function* readMainInSteps(path: string, { files }: Surroundings, errors?: ErrorSink): Steps<RawConfig> {
  if (!files.exists(path)) throw new ConfigError(`could not find config file ${path}`);
  let bytes: Uint8Array;
  try {
    bytes = files.read(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  const config = new RawConfig();
  config.merge(yield* parseBytes(bytes, path, errors));
  return config;
}

function unreadable(path: string, cause: unknown): ConfigError {
  return new ConfigError(`could not read config file ${path}${reasonOf(cause)}`, {}, { cause });
}

/** What `ConfigFiles.read` has to say about it, ready to be put behind a text. */
function reasonOf(cause: unknown): string {
  const reason = cause instanceof Error && 'reason' in cause ? cause.reason : undefined;
  return typeof reason === 'string' ? `: ${reason}` : '';
}

function* parseBytes(bytes: Uint8Array, path: string, errors: ErrorSink | undefined): Steps<RawFile> {
  let text: string;
  try {
    text = decodeText(bytes);
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    throw new ConfigError(cause.message, { file: path, line: lineOfFault(bytes) }, { cause });
  }
  return yield* readDialectInSteps(text, path, errors);
}

function allNames(config: RawConfig): string[] {
  return config.sections.map(({ name }) => name);
}
