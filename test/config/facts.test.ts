import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readDialect } from '../../src/config/dialect.ts';
import { factsOfOption, SECTION_FACTS } from '../../src/config/facts/all-facts.ts';
import { sampleConfig } from '../../src/config/facts/sample.ts';
import { configSchema } from '../../src/config/facts/schema.ts';
import { KNOWN_SECTIONS } from '../../src/config/known-names.ts';
import { loadDaemonConfig, readDaemonConfig } from '../../src/config/load.ts';
import { showConfig } from '../../src/config/show/show.ts';
import { needs } from '../peers.ts';
import { memoryFiles, memoryWorld } from './memory-machine.ts';

const SAMPLE = sampleConfig({ asRoot: false });
const SCHEMA = fileURLToPath(new URL('../../protocol-spec/config/supervisord.schema.json', import.meta.url));
const validate = new Ajv2020({ strict: true, allErrors: true }).compile(
  JSON.parse(readFileSync(SCHEMA, 'utf8')),
);

function load(text: string) {
  const files = memoryFiles({ 's.conf': text });
  return readDaemonConfig({ files, world: memoryWorld(), path: 's.conf', overrides: { strict: true } });
}

/** A configuration as other readers of INI files give it. */
function tableOf(text: string): Record<string, Record<string, string>> {
  const { defaults, sections } = readDialect(text, 'f');
  const all = [...sections.values()].map(
    ({ name, options }) => [name, new Map([...defaults, ...options])] as const,
  );
  return Object.fromEntries(
    all.map(([name, options]) => [
      name,
      Object.fromEntries([...options].map(([option, { value }]) => [option, value])),
    ]),
  );
}

function assertFits(table: unknown, name: string): void {
  assert.ok(validate(table), `${name}: ${JSON.stringify(validate.errors)}`);
}

test('the facts are about the sections and options that the readers know', () => {
  assert.deepEqual(SECTION_FACTS.map(({ name }) => name).sort(), [...KNOWN_SECTIONS.keys()].sort());
  for (const { name, options, open } of SECTION_FACTS) {
    const known = KNOWN_SECTIONS.get(name);
    assert.equal(known === 'any', open === true, name);
    if (known !== 'any') assert.deepEqual(Object.keys(options).sort(), [...(known ?? [])].sort(), name);
  }
});

test('the sample has every section and option, once, with what it does', () => {
  const uncommented = SAMPLE.split('\n')
    .filter((line) => !line.startsWith('; ') && line !== ';')
    .map((line) => line.replace(/^;/, ''));
  const found = readDialect(uncommented.join('\n'), 'sample').sections;
  assert.equal(found.size, SECTION_FACTS.length);
  for (const { name, example, options } of SECTION_FACTS) {
    const section = found.get(name + (example ?? ''));
    assert.deepEqual([...(section?.options.keys() ?? [])], Object.keys(options), name);
  }
  const rows = uncommented.filter((line) => /^[a-z_.]+=/.test(line));
  assert.equal(
    rows.length,
    SECTION_FACTS.reduce((sum, { options }) => sum + Object.keys(options).length, 0),
  );
  for (const row of rows) assert.match(row, / ; \S/);
  for (const { options } of SECTION_FACTS) {
    for (const [option, { about, herald }] of Object.entries(options)) {
      const row = rows.find((line) => line.startsWith(`${option}=`) && line.includes(about));
      assert.equal(row?.endsWith('(Herald)') ?? false, herald === true, option);
    }
  }
});

test('the sample loads, and so does all of it with every default written out', () => {
  assert.deepEqual(load(SAMPLE).config.notices, []);
  assert.equal(load(sampleConfig({ asRoot: true })).config.supervisord.user, 'root');
});

/** Sections with what they cannot do without, and nothing else or every default written out. */
function configText(written: boolean): string {
  const sections = SECTION_FACTS.filter(
    ({ name }) => !['include', 'ctlplugin:', 'remotecomm:'].includes(name),
  );
  return sections
    .map(({ name, prefix, example, options }) => {
      const rows = Object.entries(options)
        .filter(([, { fallback, required }]) => required === true || (written && fallback !== undefined))
        .map(([option, { fallback, example: text }]) => `${option}=${fallback ?? text}\n`);
      // Each program needs a name of its own.
      return `[${name}${prefix ? (name.endsWith(':') ? (example ?? 'x') + name.slice(0, -1) : '') : ''}]\n${rows.join('')}`;
    })
    .join('')
    .replace('rpcinterface:supervisorrpcinterface', 'rpcinterface:supervisor');
}

test('the defaults in the facts are those of the readers', () => {
  const plain = load(configText(false)).config;
  const written = load(configText(true)).config;
  const withoutPlaces = (_: string, value: unknown) => {
    if (value instanceof Map) return [...value];
    if (typeof value !== 'object' || value === null || !('place' in value)) return value;
    return { ...value, place: undefined };
  };
  assert.equal(JSON.stringify(written, withoutPlaces), JSON.stringify(plain, withoutPlaces));
  assert.equal(plain.groups.length, 4);
});

test('the schema in the specification is the one that herald prints', () => {
  assert.deepEqual(
    JSON.parse(readFileSync(SCHEMA, 'utf8')),
    JSON.parse(JSON.stringify(configSchema())),
    'run: herald config schema > protocol-spec/config/supervisord.schema.json',
  );
});

test('the schema has the options of the facts, with type, default and description', () => {
  const { properties, patternProperties } = JSON.parse(readFileSync(SCHEMA, 'utf8'));
  for (const { name, prefix, options } of SECTION_FACTS) {
    const pattern = name.endsWith(':') ? `^${name}.` : `^${name}`;
    const section = prefix ? patternProperties[pattern] : properties[name];
    assert.deepEqual(Object.keys(section.properties), Object.keys(options), name);
    for (const [option, { fallback }] of Object.entries(options)) {
      const schema = section.properties[option];
      assert.equal(schema.default, fallback);
      assert.ok(schema.description.length > 5);
      assert.ok('type' in schema || '$ref' in schema || 'anyOf' in schema, option);
    }
  }
});

test('the sample, the examples, and what Supervisor accepts fit the schema', () => {
  assertFits(tableOf(SAMPLE), 'sample');
  assertFits(tableOf(configText(true)), 'defaults');
  const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
  const configs = readdirSync(examples, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.conf'));
  for (const name of configs) assertFits(tableOf(readFileSync(join(examples, name), 'utf8')), name);
  const sections = showConfig(load(configText(true)), { secrets: true });
  const shown = sections.map(({ name, options }) => [
    name,
    Object.fromEntries(options.map((o) => [o.name, o.value])),
  ]);
  assertFits(Object.fromEntries(shown), 'shown');
});

test('the schema refuses what the daemon refuses in a value, and takes values that were read as types', () => {
  const rows: readonly (readonly [string, string, unknown, boolean])[] = [
    ...([
      ['supervisord', 'loglevel', 'infoo', false],
      ['supervisord', 'loglevel', 'WARN', true],
      ['supervisord', 'nodaemon', 'maybe', false],
      ['supervisord', 'nodaemon', true, true],
      ['supervisord', 'nodaemon', 'Yes', true],
      ['supervisord', 'logfile_maxbytes', '5TB', false],
      ['supervisord', 'logfile_maxbytes', '5 mb', true],
      ['supervisord', 'umask', '8', false],
      ['supervisord', 'minfds', '1_000', true],
      ['supervisord', 'minfds', '%(ENV_N)s', true],
      ['supervisord', 'minfds', '1.5', false],
      ['supervisord', 'nonsense', '1', false],
      ['program:x', 'stopsignal', 'SIGTERM', true],
      ['program:x', 'stopsignal', 'usr1', true],
      ['program:x', 'stopsignal', 'TERMM', false],
      ['program:x', 'exitcodes', '0, 2', true],
      ['program:x', 'exitcodes', 'a', false],
      ['program:x', 'autorestart', 'always', false],
      ['program:x', 'essential', 'Fatal', true],
      ['program:x', 'stdout_logfile', '/var/log/x', true],
      ['eventlistener:x', 'events', 'tick_5, PROCESS_STATE', true],
      ['eventlistener:x', 'events', 'TICK_6', false],
      ['eventlistener:x', 'prefetch', 0, false],
      ['eventlistener:x', 'prefetch', 65_537, false],
      ['eventlistener:x', 'prefetch', '-1', false],
      ['eventlistener:x', 'ack_timeout', '2.5', true],
      ['supervisorctl', 'anything', 'x', true],
      ['inet_http_server:b', 'port', '*:9001', true],
    ] as const),
  ];
  const required: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'program:x': { command: 'x' },
    'eventlistener:x': { command: 'x', events: 'TICK' },
    'inet_http_server:b': { port: '1' },
  };
  for (const [section, option, value, wanted] of rows) {
    const table = { supervisord: {}, [section]: { ...required[section], [option]: value } };
    assert.equal(validate(table), wanted, `${section}.${option}=${value}`);
  }
  assert.equal(validate({}), false);
  assert.equal(validate({ supervisord: {}, 'programs:x': {} }), false);
  assert.equal(validate({ supervisord: {}, 'program:x': {} }), false);
});

test('what the schema says about a value of a known kind is what the reader says', () => {
  const values = [
    '',
    '0',
    '1',
    '-1',
    '+1',
    '1_0',
    '1__0',
    ' 7 ',
    '022',
    '0o22',
    '9',
    'yes',
    'TRUE',
    'x',
    '1kb',
    '1 KB',
    '2.5',
    'TERM',
    'SIGhup',
    '256',
  ];
  const options = [
    'numprocs_start',
    'startsecs',
    'autostart',
    'stdout_logfile_maxbytes',
    'umask',
    'stopsignal',
    'exitcodes',
    'autorestart',
    'essential',
  ];
  const different: string[] = [];
  for (const option of options) {
    assert.ok(factsOfOption('program:x', option));
    for (const value of values) {
      const accepted = accepts(`[supervisord]\n[program:x]\ncommand=x\n${option}=${value}\n`);
      const fits = validate({ supervisord: {}, 'program:x': { command: 'x', [option]: value.trim() } });
      if (fits !== accepted) different.push(`${option}=${value.trim()} ${accepted ? 'accepted' : 'refused'}`);
    }
  }
  // Signs and underscores are for nobody's eyes; a range is not a matter of how a number is written.
  assert.deepEqual(different, [
    ...['umask=-1 accepted', 'umask=+1 accepted', 'umask=1_0 accepted'],
    ...['stopsignal=+1 accepted', 'stopsignal=1_0 accepted', 'stopsignal=256 refused'],
    ...['exitcodes=+1 accepted', 'exitcodes=1_0 accepted', 'exitcodes=256 refused'],
  ]);
});

function accepts(text: string): boolean {
  try {
    loadDaemonConfig({
      files: memoryFiles({ 's.conf': text }),
      world: memoryWorld(),
      path: 's.conf',
      overrides: {},
    });
    return true;
  } catch {
    // Why it is refused is the business of other tests.
    return false;
  }
}

const PEER =
  'import sys\nfrom supervisor.options import ServerOptions\no = ServerOptions()\no.realize(["-c", sys.argv[1]])\n' +
  'print(o.configroot.supervisord.identifier, len(o.server_configs), len(o.process_group_configs))\n';
/** Where the Debian package puts Python and its modules; another Python on PATH does not see them. */
const PYTHON = '/usr/bin/python3';

test('supervisord reads the sample, and the one with every default', needs('supervisord'), () => {
  const folder = mkdtempSync(join(tmpdir(), 'herald-sample-'));
  try {
    const rows = [
      [SAMPLE, 'supervisor 1 0'],
      [configText(true).replaceAll('user=', ';user='), 'supervisor 2 4'],
    ] as const;
    for (const [text, wanted] of rows) {
      const file = join(folder, 's.conf');
      writeFileSync(file, text);
      const { stdout, stderr } = spawnSync(PYTHON, ['-c', PEER, file], { encoding: 'utf8', cwd: folder });
      assert.equal(stdout.trim(), wanted, stderr);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
