/** `herald config`: a sample, what a configuration comes to, and the schema for editors. */
import { sampleConfig } from '../config/facts/sample.ts';
import { configSchema } from '../config/facts/schema.ts';
import { readDaemonConfig } from '../config/load.ts';
import { requireConfigFile } from '../config/search-path.ts';
import { renderIni, renderJson } from '../config/show/render.ts';
import { showConfig } from '../config/show/show.ts';
import { nodeConfigFiles as files, nodeWorld } from '../host/config-files.ts';
import { lookupUser } from '../host/users.ts';
import { type Command, EXIT_USAGE, readCommandWords, type Setting } from './herald-command.ts';

const SHOW_OPTIONS = {
  configuration: { short: ['c'], long: 'configuration', argument: true },
  origin: { short: [], long: 'origin', argument: false },
  json: { short: [], long: 'json', argument: false },
  showSecrets: { short: [], long: 'show-secrets', argument: false },
} as const;

export const CONFIG: Command = {
  words: 'config sample|show|schema',
  help: 'print a commented sample, the effective configuration, or its JSON Schema',
  details: `herald config sample
    every section and option with its default and what it does; run by root, it says user=root

herald config show [--origin] [--json] [--show-secrets] [FILE]
    FILE (or the one that heraldd would find) after includes, expansion, numprocs and defaults; it loads again
  -c, --configuration FILE    the same as FILE
      --origin                say of each value where it was written, or that it is a default
      --json                  {file, sections: {section: {option: value}}}
      --show-secrets          show passwords and values of secret-looking environment variables

herald config schema
    the JSON Schema of a configuration, for editors and linters
`,
  run: config,
};

function config([action, ...words]: readonly string[], setting: Setting): number {
  switch (action) {
    case 'sample':
      return printAlone(words, action, () => sampleConfig({ asRoot: process.getuid?.() === 0 }));
    case 'schema':
      return printAlone(words, action, () => `${JSON.stringify(configSchema(), undefined, 2)}\n`);
    case 'show':
      return show(words, setting);
    default: {
      const what = action === undefined ? 'config needs an action' : `config has no action '${action}'`;
      process.stderr.write(`Error: ${what}: sample, show or schema\n`);
      return EXIT_USAGE;
    }
  }
}

function printAlone(given: readonly string[], action: string, make: () => string): number {
  const { words } = readCommandWords(given, {});
  if (words.length > 0) {
    process.stderr.write(`Error: config ${action} takes no words\n`);
    return EXIT_USAGE;
  }
  process.stdout.write(make());
  return 0;
}

/** Throws ConfigError for a configuration that the daemon would refuse. */
function show(given: readonly string[], { argv0, configuration }: Setting): number {
  const { options, words } = readCommandWords(given, SHOW_OPTIONS);
  const has = (key: keyof typeof SHOW_OPTIONS) => options.some((option) => option.key === key);
  const named = options.find(({ key }) => key === 'configuration')?.argument;
  const [given1 = configuration, ...more] = [...(named === undefined ? [] : [named]), ...words];
  if (more.length > 0) {
    process.stderr.write('Error: config show takes one file\n');
    return EXIT_USAGE;
  }
  const path = given1 ?? requireConfigFile(files, argv0);
  const reading = readDaemonConfig({ files, world: nodeWorld(lookupUser), path, overrides: {} });
  const sections = showConfig(reading, { secrets: has('showSecrets') });
  const origin = has('origin');
  process.stdout.write(
    has('json') ? renderJson(path, sections, { origin }) : renderIni(sections, { origin }),
  );
  return 0;
}
