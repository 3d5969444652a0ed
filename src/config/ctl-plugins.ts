/** `[ctlplugin:x]`: Python code of supervisorctl's, which heraldctl cannot load. */
import { NAMED_NAMES_LIMIT } from './known-names.ts';
import type { RawConfig } from './raw-config.ts';
import type { ConfigNotice } from './types.ts';

const PREFIX = 'ctlplugin:';

/** The names of the sections, in the order of the file. */
export function pluginSections(raw: RawConfig): string[] {
  return raw.sections.map(({ name }) => name).filter((name) => name.startsWith(PREFIX));
}

/** A file that names a plugin still serves the commands that are our own. */
export function pluginNotices(raw: RawConfig): ConfigNotice[] {
  const sections = pluginSections(raw);
  const told = sections.slice(0, NAMED_NAMES_LIMIT).map((name) => {
    const { file, line } = raw.section(name) ?? { file: '', line: 0 };
    const plugin = name.slice(PREFIX.length);
    return `[${name}] is ignored (${file}, line ${line}): the plugin ${plugin} cannot be loaded, Herald loads no Python code`;
  });
  const left = sections.length - told.length;
  if (left > 0) told.push(`${left} more [${PREFIX}...] sections are ignored`);
  return told.map((message) => ({ level: 'warn', message }));
}
