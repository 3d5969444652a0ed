// Writes the tables of docs/configuration.md from src/config/facts. With --check nothing is written: exit status 1
// says that the page is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const PAGE = join(ROOT, 'docs', 'configuration.md');
const TABLES = /(<!-- options:begin -->\n)[\s\S]*?(\n<!-- options:end -->)/;

/** The kinds of options whose values are told; what the others take is told once, above the tables. */
const TOLD = ['integer', 'seconds', 'words'];

const { SECTION_FACTS, describeAllowed } = await loadFacts();
const PROGRAM = SECTION_FACTS.find(({ name }) => name === 'program:').options;
const text = readFileSync(PAGE, 'utf8');
const sections = SECTION_FACTS.map(renderSection).join('\n\n');
const wanted = text.replace(TABLES, (_all, begin, end) => `${begin}\n${sections}\n${end}`);
if (wanted !== text) {
  const check = process.argv.includes('--check');
  if (check) process.exitCode = 1;
  else writeFileSync(PAGE, wanted);
  console.log(
    check
      ? 'docs/configuration.md is out of date: run node scripts/generate-configuration.mjs'
      : 'wrote docs/configuration.md',
  );
}

/** The facts are TypeScript, which Node 20 does not run. */
async function loadFacts() {
  const { outputFiles } = buildSync({
    entryPoints: [join(ROOT, 'src/config/facts/all-facts.ts')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

function renderSection({ name, prefix, example, about, options, herald }) {
  const title = prefix ? `${name}${name.endsWith(':') ? (example ?? 'x') : '…'}` : name;
  const note = herald ? ' Supervisor ignores this section.' : '';
  // What every program has is told once.
  const isShared = ([option, facts]) => name !== 'program:' && facts === PROGRAM[option];
  const shared = Object.entries(options).some(isShared);
  const own = Object.entries(options).filter((entry) => !isShared(entry));
  const rows = own.map(([option, facts]) => [
    `\`${option}\`${facts.herald && !herald ? ' ★' : ''}`,
    renderDefault(facts),
    renderMeaning(facts),
  ]);
  const more = shared ? ' It takes the options of `[program:x]`, and these:' : '';
  const intro = `### \`[${title}]\`\n\n${about.replace(/; Supervisor ignores this section$/, '')}.${note}${more}`;
  return rows.length === 0 ? intro : `${intro}\n\n${renderTable(['option', 'default', 'meaning'], rows)}`;
}

function renderDefault({ fallback, required }) {
  if (required) return 'required';
  return fallback === undefined || fallback === '' ? '' : `\`${fallback}\``;
}

function renderMeaning(facts) {
  const ranged = facts.kind === 'words' || facts.minimum !== undefined || facts.maximum !== undefined;
  const allowed = TOLD.includes(facts.kind) && ranged ? describeAllowed(facts) : undefined;
  const about = inTable(facts.about);
  return allowed === undefined || allowed.length > 90 ? about : `${about} (${inTable(allowed)})`;
}

function inTable(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

/** Padded as the formatter pads tables. */
function renderTable(head, rows) {
  const widths = head.map((_title, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
