import { ConfigError } from './config-error.ts';
import { directoryName, joinPath } from './paths.ts';
import type { ConfigFiles } from './ports.ts';

/** Where a configuration is looked for without `-c`. `argv0` is the program as it was called. */
export function searchPath(argv0: string): string[] {
  const prefix = directoryName(directoryName(argv0));
  return [
    joinPath(prefix, 'etc/supervisord.conf'),
    joinPath(prefix, 'supervisord.conf'),
    'supervisord.conf',
    'etc/supervisord.conf',
    '/etc/supervisord.conf',
    '/etc/supervisor/supervisord.conf',
  ];
}

/** The first that exists, undefined when none does: heraldctl then goes by its defaults. */
export function findConfigFile(files: ConfigFiles, argv0: string): string | undefined {
  return searchPath(argv0).find((path) => files.exists(path));
}

/** For the daemon. Throws {@link ConfigError} when there is none. */
export function requireConfigFile(files: ConfigFiles, argv0: string): string {
  const path = findConfigFile(files, argv0);
  if (path !== undefined) return path;
  throw new ConfigError(
    `No config file found at default paths (${searchPath(argv0).join(', ')}); use the -c option to specify a ` +
      'config file at a different path',
  );
}

/** For stderr, when root lets the daemon search. */
export const ROOT_SEARCH_WARNING =
  'Supervisord is running as root and it is searching for its configuration file in default locations ' +
  '(including its current working directory); you probably want to specify a "-c" argument specifying an ' +
  'absolute path to a configuration file for improved security.';
