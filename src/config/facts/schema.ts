/**
 * The JSON Schema of a configuration as editors and linters see it: sections, options, and every value as the text
 * that stands in the file, or as the number or boolean that a reader made of it. Texts with a `%` in them are
 * taken as they are, for what they expand to is not known.
 */
import { SECTION_FACTS, wordsOf } from './all-facts.ts';
import type { OptionFacts, OptionKind, SectionFacts } from './option-facts.ts';

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };
type Schema = { readonly [key: string]: Json };

export function configSchema(): Schema {
  const whole = SECTION_FACTS.filter(({ prefix }) => !prefix);
  const prefixed = SECTION_FACTS.filter(({ prefix }) => prefix);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'supervisord.conf, as Herald reads it',
    description:
      'Sections with their options. Generated from the tables in src/config/facts: herald config schema.',
    type: 'object',
    required: ['supervisord'],
    properties: {
      DEFAULT: {
        type: 'object',
        description: 'Stands behind every section',
        additionalProperties: { $ref: '#/$defs/text' },
      },
      ...Object.fromEntries(whole.map((section) => [section.name, sectionSchema(section)])),
    },
    patternProperties: Object.fromEntries(
      prefixed.map((section) => [sectionPattern(section), sectionSchema(section)]),
    ),
    additionalProperties: false,
    $defs: { text: { type: 'string' }, ...SHARED },
  };
}

function sectionPattern({ name }: SectionFacts): string {
  return name.endsWith(':') ? `^${name}.` : `^${name}`;
}

function sectionSchema({ about, options, open, herald }: SectionFacts): Schema {
  const required = Object.entries(options)
    .filter(([, facts]) => facts.required === true)
    .map(([option]) => option);
  return {
    type: 'object',
    description: `${about}${herald === true && !about.startsWith('Herald') ? ' (Herald)' : ''}`,
    properties: Object.fromEntries(
      Object.entries(options).map(([option, facts]) => [option, optionSchema(facts)]),
    ),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: open === true ? { $ref: '#/$defs/text' } : false,
  };
}

function optionSchema(facts: OptionFacts): Schema {
  const { about, fallback, herald } = facts;
  return {
    description: `${about}${herald === true ? ' (Herald)' : ''}`,
    ...(fallback === undefined ? {} : { default: fallback }),
    ...valueSchema(facts),
  };
}

function valueSchema(facts: OptionFacts): Schema {
  const { kind, minimum, maximum } = facts;
  const words = wordsOf(facts);
  switch (kind) {
    case 'boolean':
    case 'bytes':
    case 'octal':
    case 'signal':
    case 'exitcodes':
      return { $ref: `#/$defs/${kind}` };
    case 'integer':
    case 'seconds':
      return number(kind, minimum, maximum);
    case 'words':
      return {
        anyOf: [
          { enum: words ?? [] },
          { $ref: '#/$defs/expanded' },
          { type: 'string', pattern: anyCase(words ?? []) },
        ],
      };
    case 'open-words':
      return { anyOf: [{ enum: words ?? [] }, { type: 'string' }] };
    case 'list':
      return words === undefined
        ? { type: 'string' }
        : {
            anyOf: [
              { enum: words },
              { type: 'string', pattern: listOf(words) },
              { $ref: '#/$defs/expanded' },
            ],
          };
    case 'text':
    case 'path':
    case 'pairs':
      return { type: 'string' };
  }
}

const NUMBERS: Readonly<Record<'integer' | 'seconds', { readonly type: string; readonly pattern: string }>> =
  {
    integer: { type: 'integer', pattern: '^\\s*[+-]?[0-9]+(_[0-9]+)*\\s*$' },
    seconds: { type: 'number', pattern: '^\\s*[0-9]+(\\.[0-9]+)?\\s*$' },
  };

function number(
  kind: 'integer' | 'seconds',
  minimum: number | undefined,
  maximum: number | undefined,
): Schema {
  const { type, pattern } = NUMBERS[kind];
  const bounds = {
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
  };
  // No option takes a negative number of something that counts from 0 or 1.
  const signless = minimum === undefined ? pattern : pattern.replace('[+-]?', '\\+?');
  return {
    anyOf: [{ type, ...bounds }, { type: 'string', pattern: signless }, { $ref: '#/$defs/expanded' }],
  };
}

/** Without the flag for it, a pattern says both cases of each letter. */
function anyCase(words: readonly string[]): string {
  const either = (word: string) =>
    [...word]
      .map((char) =>
        /[a-z]/i.test(char) ? `[${char.toUpperCase()}${char.toLowerCase()}]` : escapePattern(char),
      )
      .join('');
  return `^(${words.map(either).join('|')})$`;
}

function listOf(words: readonly string[]): string {
  const one = anyCase(words).slice(1, -1);
  return `^\\s*${one}\\s*(,\\s*${one}\\s*)*$`;
}

function escapePattern(char: string): string {
  return char.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const EXPANDED = { $ref: '#/$defs/expanded' };

function wordsOfKind(kind: OptionKind): readonly string[] {
  return wordsOf({ kind, about: '' }) ?? [];
}

const SHARED: Schema = {
  expanded: { type: 'string', pattern: '%', description: 'Something that expands' },
  boolean: {
    anyOf: [
      { type: 'boolean' },
      { enum: [...wordsOfKind('boolean'), 0, 1] },
      { type: 'string', pattern: anyCase(wordsOfKind('boolean')) },
      EXPANDED,
    ],
  },
  bytes: {
    anyOf: [
      { type: 'integer' },
      { type: 'string', pattern: '^\\s*[+-]?[0-9]+(_[0-9]+)*\\s*([KkMmGg][Bb])?\\s*$' },
      EXPANDED,
    ],
  },
  octal: {
    anyOf: [
      { type: 'integer', minimum: 0, maximum: 7777 },
      { type: 'string', pattern: '^\\s*(0[oO])?[0-7]+\\s*$' },
      EXPANDED,
    ],
  },
  signal: {
    anyOf: [
      { enum: wordsOfKind('signal') },
      { type: 'integer', minimum: 0, maximum: 64 },
      { type: 'string', pattern: '^\\s*[0-9]+\\s*$' },
      { type: 'string', pattern: `^\\s*([Ss][Ii][Gg])?${anyCase(wordsOfKind('signal')).slice(1, -1)}\\s*$` },
      EXPANDED,
    ],
  },
  exitcodes: {
    anyOf: [
      { type: 'integer', minimum: 0, maximum: 255 },
      { type: 'string', pattern: '^(\\s*[0-9]{1,3}\\s*(,\\s*[0-9]{1,3}\\s*)*)?$' },
      EXPANDED,
    ],
  },
};
