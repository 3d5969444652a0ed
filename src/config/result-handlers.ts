/**
 * `result_handler=`: what decides whether a listener's answer means that its event was handled. Supervisor calls
 * any Python function; Herald knows the two that are in use, and functions of JavaScript modules.
 */
import { ValueError } from './config-error.ts';
import { joinPath } from './paths.ts';

export const DEFAULT_HANDLER = 'supervisor.dispatchers:default_handler';
/** Of the Python package supervisor-stdout: prints the log lines that its listener sends back. */
export const STDOUT_HANDLER = 'supervisor_stdout:event_handler';

export type ResultHandler =
  | { readonly kind: 'default' }
  | { readonly kind: 'stdout' }
  /** `file` is absolute, `name` that of an export. */
  | { readonly kind: 'module'; readonly file: string; readonly name: string };

/** `here` is the folder that relative paths start from. Throws {@link ValueError}. */
export function parseResultHandler(text: string, here: string): ResultHandler {
  const reference = text.trim();
  // Python's import of a name allows blanks around its parts.
  const bare = reference.replace(/\s/g, '');
  if (bare === DEFAULT_HANDLER) return { kind: 'default' };
  if (bare === STDOUT_HANDLER) return { kind: 'stdout' };
  const colon = reference.lastIndexOf(':');
  if (!/^\.{0,2}\//.test(reference) || colon < 0)
    throw new ValueError(
      `Herald loads no Python code. It knows ${DEFAULT_HANDLER}, ${STDOUT_HANDLER}, and functions of JavaScript ` +
        'modules as ./file.js:name',
    );
  const name = reference.slice(colon + 1);
  if (name === '') throw new ValueError('the name of the function is missing behind the colon');
  const file = reference.slice(0, colon).replace(/^\.\//, '');
  return { kind: 'module', file: joinPath(here, file), name };
}

/** The one spelling of a handler that the configuration keeps. */
export function showResultHandler(handler: ResultHandler): string {
  switch (handler.kind) {
    case 'default':
      return DEFAULT_HANDLER;
    case 'stdout':
      return STDOUT_HANDLER;
    case 'module':
      return `${handler.file}:${handler.name}`;
  }
}
