/** What the configuration may ask for and this version cannot do: refused at the start, never ignored. */
import { ConfigError } from '../config/config-error.ts';
import type { DaemonConfig } from '../config/types.ts';
import type { DaemonInput } from './daemon.ts';

/** Throws {@link ConfigError}. */
export function refuseUnsupported(config: DaemonConfig, { overrides, world }: DaemonInput): void {
  const { supervisord, file } = config;
  const refuse = (option: string, message: string): never => {
    throw new ConfigError(message, { file, section: 'supervisord', option });
  };
  if (!supervisord.nodaemon) {
    refuse(
      'nodaemon',
      'running in the background is not supported yet: start heraldd with -n, or set nodaemon=true, and let the service manager keep it',
    );
  }
  if (supervisord.user !== undefined && world.lookupUser(supervisord.user)?.uid !== world.uid) {
    refuse(
      'user',
      `user=${overrides.user ?? supervisord.user} is not supported yet for the daemon itself: start heraldd as that user`,
    );
  }
}
