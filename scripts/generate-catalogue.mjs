// Writes src/catalogue/generated.ts and the event tables of the documentation from protocol-spec/events.
// With --check nothing is written: exit status 1 says that something is out of date, and which file.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const EVENTS = join(ROOT, 'protocol-spec', 'events');
const DOCUMENTS = ['README.md', 'docs/events.md'];
const TABLE = /(<!-- events:begin -->)[\s\S]*?(<!-- events:end -->)/;

main(process.argv.slice(2));

function main(args) {
  const check = args.includes('--check');
  const events = readEvents();
  const wanted = new Map([['src/catalogue/generated.ts', renderModule(events)]]);
  for (const path of DOCUMENTS) {
    const text = readIfThere(path);
    if (text !== undefined && TABLE.test(text)) {
      const table = renderTable(events);
      wanted.set(
        path,
        text.replace(TABLE, (_all, begin, end) => `${begin}\n${table}\n${end}`),
      );
    }
  }
  let stale = 0;
  for (const [path, text] of wanted) {
    if (readIfThere(path) === text) continue;
    stale += 1;
    if (!check) writeFileSync(join(ROOT, path), text);
    console.log(check ? `${path} is out of date: run "npm run generate"` : `wrote ${path}`);
  }
  if (check && stale > 0) process.exitCode = 1;
}

function readIfThere(path) {
  const file = join(ROOT, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** All events, each parent before its children, siblings in the order of their names. */
function readEvents() {
  const shared = readJson(join(EVENTS, 'common', 'tokens.schema.json')).definitions;
  const byName = new Map();
  for (const file of readdirSync(EVENTS).sort()) {
    if (!file.endsWith('.schema.json')) continue;
    const event = toEvent(file, readJson(join(EVENTS, file)), shared);
    byName.set(event.name, event);
  }
  for (const { name, parent } of byName.values()) {
    if (parent === undefined) continue;
    if (byName.get(parent)?.abstract !== true)
      throw new Error(`${name}: x-parent ${parent} is no abstract event`);
  }
  return withChildren(byName, undefined, 0);
}

function withChildren(byName, parent, depth) {
  const children = [...byName.values()].filter((event) => event.parent === parent);
  return children.flatMap((event) => [{ ...event, depth }, ...withChildren(byName, event.name, depth + 1)]);
}

function toEvent(file, schema, shared) {
  const name = file.slice(0, -'.schema.json'.length);
  if (schema.title !== name) throw new Error(`${file}: the title must be ${name}`);
  const abstract = schema['x-abstract'] === true;
  const wire = schema['x-wire'];
  if (abstract !== (wire === undefined))
    throw new Error(`${file}: x-wire is for concrete events, and needed there`);
  const properties = Object.entries(schema.properties).map(([key, value]) => [
    key,
    resolve(file, key, value, shared),
  ]);
  if (wire !== undefined) {
    const onWire = wire.body === undefined ? wire.tokens : [...wire.tokens, wire.body];
    if (onWire.join() !== Object.keys(schema.properties).join() || onWire.join() !== schema.required.join())
      throw new Error(`${file}: x-wire, properties and required must name the same keys in the same order`);
  }
  return { name, parent: schema['x-parent'], abstract, wire, properties, description: schema.description };
}

function resolve(file, key, value, shared) {
  const found = /^common\/tokens\.schema\.json#\/definitions\/(\w+)$/.exec(value.$ref ?? '');
  // One meaning for each token in all events is what lets a decoder convert values by the token's name.
  if (found?.[1] !== key || shared[key] === undefined)
    throw new Error(`${file}: ${key} must refer to the shared definition of the same name`);
  return shared[key];
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function renderModule(events) {
  const concrete = events.filter((event) => !event.abstract);
  const abstract = events.filter((event) => event.abstract);
  return `// Generated from protocol-spec/events by scripts/generate-catalogue.mjs: do not edit.

/** Events that are sent. */
export const EVENT_NAMES = [
${concrete.map((event) => `  '${event.name}',\n`).join('')}] as const;
export type EventName = (typeof EVENT_NAMES)[number];

/** Names that can be subscribed to and stand for all events below them. */
export const ABSTRACT_EVENT_NAMES = [
${abstract.map((event) => `  '${event.name}',\n`).join('')}] as const;
export type AbstractEventName = (typeof ABSTRACT_EVENT_NAMES)[number];

export type AnyEventName = EventName | AbstractEventName;

export interface EventPayloads {
${concrete.map(renderPayload).join('')}}

/** How payloads are written: tokens in order, then the body, or a line feed. */
export const EVENT_WIRE: {
  readonly [N in EventName]: {
    readonly tokens: readonly string[];
    readonly body: 'data' | undefined;
    readonly newline: boolean;
  };
} = {
${concrete.map(renderWire).join('')}};

/** What the value of a token is; a token means the same in every event. */
export const TOKEN_KINDS: {
  readonly [token: string]: {
    readonly kind: 'integer' | 'text';
    readonly values: readonly (string | number)[] | undefined;
  };
} = {
${tokenDefinitions(concrete).map(renderTokenKind).join('')}};

export const EVENT_PARENTS: { readonly [N in AnyEventName]: AnyEventName | undefined } = {
${events.map((event) => `  ${event.name}: ${event.parent === undefined ? 'undefined' : `'${event.parent}'`},\n`).join('')}};
`;
}

function renderPayload(event) {
  const lines = event.properties.map(
    ([key, definition]) =>
      `    /** ${definition.description} */\n    readonly ${key}: ${renderType(definition)};\n`,
  );
  const body = lines.length === 0 ? '{ readonly [key: string]: never }' : `{\n${lines.join('')}  }`;
  return `  /** ${event.description} */\n  ${event.name}: ${body};\n`;
}

function renderType(definition) {
  if (definition.enum !== undefined) return definition.enum.map(literal).join(' | ');
  return definition.type === 'integer' ? 'number' : 'string';
}

function literal(value) {
  return typeof value === 'number' ? String(value) : `'${value}'`;
}

function renderWire({ name, wire }) {
  const body = wire.body === undefined ? 'undefined' : `'${wire.body}'`;
  const tokens = wire.tokens.map(literal).join(', ');
  return `  ${name}: { tokens: [${tokens}], body: ${body}, newline: ${wire.newline === true} },\n`;
}

function tokenDefinitions(concrete) {
  const onWire = concrete.flatMap((event) =>
    event.properties.filter(([key]) => event.wire.tokens.includes(key)),
  );
  return [...new Map(onWire)];
}

function renderTokenKind([token, definition]) {
  const kind = definition.type === 'integer' ? 'integer' : 'text';
  const values = definition.enum === undefined ? 'undefined' : `[${definition.enum.map(literal).join(', ')}]`;
  return `  ${token}: { kind: '${kind}', values: ${values} },\n`;
}

/** Padded as the formatter pads tables, so that generating and formatting agree. */
function renderTable(events) {
  const rows = events.map((event) => [
    `${'&emsp;'.repeat(event.depth)}\`${event.name}\``,
    renderPayloadCell(event),
    event.description,
  ]);
  const head = ['event', 'payload', 'when'];
  const widths = head.map((_title, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const padded = (row) => line(row.map((cell, column) => cell.padEnd(widths[column])));
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return ['', padded(head), rule, ...rows.map(padded), ''].join('\n');
}

function renderPayloadCell({ abstract, wire }) {
  if (abstract) return '';
  if (wire.tokens.length === 0) return 'empty';
  const tokens = wire.tokens.map((token) => `\`${token}\``).join(' ');
  return wire.body === undefined ? tokens : `${tokens}, then ${wire.body}`;
}
