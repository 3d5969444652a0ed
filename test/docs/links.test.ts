/** What the pages name exists, and what exists is named. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { ABSTRACT_EVENT_NAMES, EVENT_NAMES } from '../../src/catalogue/generated.ts';
import { KNOWN_SECTIONS } from '../../src/config/known-names.ts';
import { DEVIATIONS } from '../oracle/deviations.ts';
import { scenarios } from '../oracle/scenarios/index.ts';
import { listPages, ROOT, readPage, tableRows } from './pages.ts';

function generatorIsContent(script: string): void {
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, script), '--check'], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout);
}

describe('links', () => {
  for (const page of listPages()) {
    it(`of ${page} lead somewhere`, () => {
      const text = readPage(page).replace(/^```[\s\S]*?^```$/gm, '');
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        assert.ok(existsSync(join(ROOT, file)), `${target} is not there`);
        if (anchor !== undefined) assert.ok(headingsOf(file).has(anchor), `${target}: no such heading`);
      }
    });
  }
});

/** As GitHub makes anchors of them. */
function headingsOf(page: string): ReadonlySet<string> {
  const headings = [...readPage(page).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title);
  return new Set(
    headings.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('docs/configuration.md', () => {
  it('is what the facts say', () => generatorIsContent('scripts/generate-configuration.mjs'));

  it('has every section and option that is known', () => {
    const page = readPage('docs/configuration.md');
    for (const [section, options] of KNOWN_SECTIONS) {
      assert.ok(page.includes(`\`[${section}`), section);
      if (options === 'any') continue;
      for (const option of options) assert.ok(page.includes(`| \`${option}\` `), `${section} ${option}`);
    }
  });
});

describe('docs/events.md', () => {
  it('and the catalogue are what the schemas say', () =>
    generatorIsContent('scripts/generate-catalogue.mjs'));

  for (const page of ['docs/events.md', 'README.md']) {
    it(`has the table of all events, as ${page} has`, () => {
      const text = readPage(page);
      for (const name of [...EVENT_NAMES, ...ABSTRACT_EVENT_NAMES])
        assert.match(text, new RegExp(`^\\| (&emsp;)*\`${name}\` `, 'm'));
    });
  }
});

describe('protocol-spec/deviations.md', () => {
  const page = readPage('protocol-spec/deviations.md');
  const rows = tableRows(page);

  it('has rows of five cells, and says whether each can be switched off', () => {
    assert.ok(rows.length > 40);
    for (const row of rows) {
      assert.equal(row.length, 5, row.join(' | '));
      assert.match(row[3] ?? '', /^(yes|no|in part)$/);
    }
  });

  it('names a test, a scenario or a vector that exists for each row', () => {
    for (const [what, , , , proof = ''] of rows) {
      const [, file = '', name = ''] = /^`([^`]+)`: "(.+)"$/.exec(proof) ?? [];
      assert.ok(existsSync(join(ROOT, file)), `${what}: ${proof}`);
      const text = readFileSync(join(ROOT, file), 'utf8').replaceAll("\\'", "'");
      const quoted = ["'", '"', '`'].some((quote) => text.includes(quote + name + quote));
      assert.ok(quoted, `${what}: ${file} has no "${name}"`);
    }
  });

  it('has a row for each deviation that the oracle knows, which a scenario shows', () => {
    const shown = new Set(scenarios.map(({ deviation }) => deviation?.name as string | undefined));
    for (const name of Object.keys(DEVIATIONS)) {
      assert.ok(page.includes(`| \`test/oracle/deviations.ts\`: "${name}" `), `${name} has no row`);
      assert.ok(shown.has(name), `no scenario shows ${name}`);
    }
  });
});

describe('docs/design.md', () => {
  const page = readPage('docs/design.md');

  it('names every room, and no file that is not there', () => {
    const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    for (const { name } of rooms) assert.ok(page.includes(`**\`src/${name}/\`**`), name);
    const map = page.slice(page.indexOf('## Source map'), page.indexOf('## The machines'));
    let folder = '';
    for (const [first = '', second = ''] of tableRows(map)) {
      folder = /^\*\*`([^`]+)`\*\*$/.exec(first)?.[1] ?? folder;
      for (const [, name = ''] of `${first}, ${second}`.matchAll(/`([\w./-]+\.ts)`/g)) {
        // `xmlrpc-reader.ts`, `-writer.ts`
        const path = name.startsWith('-') ? `xmlrpc${name}` : name;
        assert.ok(existsSync(join(ROOT, folder, path)), `${folder}${path}`);
      }
    }
  });

  it('has the imports that the linter allows', () => {
    const rooms = page.slice(page.indexOf('## Rooms'), page.indexOf('## Source map'));
    const claimed = new Map(
      tableRows(rooms).map(([room = '', imports = '']) => [room.replaceAll('`', ''), imports]),
    );
    for (const [room, allowed] of lintedRooms()) {
      const words = (claimed.get(room) ?? assert.fail(room)).split(/, |nothing/).filter(Boolean);
      assert.deepEqual(words.map((word) => word.replaceAll('`', '')).sort(), [...allowed].sort(), room);
    }
  });
});

/** Of each room that has a rule: what it may import, besides itself. */
function lintedRooms(): ReadonlyMap<string, readonly string[]> {
  const { overrides } = JSON.parse(readPage('biome.json')) as { overrides: readonly Override[] };
  const all = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'daemon')
    .map(({ name }) => name);
  return new Map(
    overrides.flatMap(({ includes, linter }) => {
      const room = /^src\/(\w+)\/\*\*$/.exec(includes[0] ?? '')?.[1];
      const patterns = linter?.rules.style?.noRestrictedImports?.options.patterns;
      if (room === undefined || patterns === undefined) return [];
      const groups = patterns.map(({ group }) => group);
      const banned = new Set(groups.map(([first = '']) => /^\*\*\/(\w+)\/\*\*$/.exec(first)?.[1]));
      const exceptions = groups.flatMap(([, ...others]) => others.map((one) => one.replace('!**/', '')));
      return [[room, [...all.filter((one) => one !== room && !banned.has(one)), ...exceptions]] as const];
    }),
  );
}

interface Override {
  readonly includes: readonly string[];
  readonly linter?: {
    readonly rules: {
      readonly style?: {
        readonly noRestrictedImports?: {
          readonly options: { readonly patterns: readonly { readonly group: readonly string[] }[] };
        };
      };
    };
  };
}
