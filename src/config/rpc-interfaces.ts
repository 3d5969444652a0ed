/** `[rpcinterface:x]`. */
import { readOr } from './config-error.ts';
import { type ReadContext, readerOf } from './read-context.ts';
import type { HttpServerConfig, RpcInterfaceConfig } from './types.ts';

const FACTORY = 'supervisor.rpcinterface_factory';
const PREFIX = 'rpcinterface:';
/** The only factory there is: Supervisor's own, which stands for Herald's. */
const MAIN_FACTORY = 'supervisor.rpcinterface:make_main_rpcinterface';
const NO_PYTHON = 'Herald loads no Python code';

/** Throws ConfigError for a factory of someone else. */
export function readRpcInterfaces(context: ReadContext): RpcInterfaceConfig[] {
  return context.raw.sections
    .filter(({ name }) => name.startsWith(PREFIX))
    .map(({ name }) => readOr(context.errors, undefined, () => readInterface(name, context)))
    .filter((found) => found !== undefined);
}

/**
 * Supervisor makes the interfaces when it opens its servers, and the main one takes no options: neither its own nor
 * what `[DEFAULT]` lends it. Throws ConfigError.
 */
export function refuseInterfaceOptions(
  interfaces: readonly RpcInterfaceConfig[],
  servers: readonly HttpServerConfig[],
  context: ReadContext,
): void {
  if (servers.length === 0) return;
  for (const { name, options } of interfaces) {
    const [option] = options.keys();
    if (option !== undefined)
      readerOf(context, PREFIX + name).refuse(`Could not make ${name} rpc interface`, option);
  }
}

function readInterface(section: string, context: ReadContext): RpcInterfaceConfig {
  const reader = readerOf(context, section);
  const names = context.environment.names;
  const factory = reader.text(FACTORY, names);
  if (factory === undefined)
    throw reader.error(`section [${section}] does not specify a ${FACTORY}`, FACTORY);
  if (factory.replace(/\s/g, '') !== MAIN_FACTORY)
    throw reader.error(`${factory} cannot be resolved within [${section}]: ${NO_PYTHON}`, FACTORY);
  const options = new Map<string, string>();
  for (const name of context.raw.options(section).keys()) {
    if (name !== FACTORY) options.set(name, reader.text(name, names) ?? '');
  }
  return { name: section.slice(PREFIX.length), factory, options };
}
