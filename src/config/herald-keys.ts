/**
 * Herald's own keys, in `[herald]`, `[eventlistener:x]` and the sections of programs. Their types and ranges are in
 * protocol-spec/config/herald-keys.schema.json; the validators are compiled from it.
 */
import { ValueError } from './config-error.ts';
import * as generated from './generated-validators.ts';
import type { Names } from './names.ts';
import type { OptionReader } from './option-reader.ts';
import { type ReadContext, readerOf } from './read-context.ts';
import type { HeraldConfig, LineFormatConfig, PoolConfig } from './types.ts';
import { parseBoolean, parseByteSize, parseList, tryParseInteger } from './values.ts';

type KeyValue = string | number | boolean | readonly string[];

/** What Ajv compiles a schema to, as far as it is used here. */
interface Validator {
  (data: unknown): boolean;
  readonly errors?: readonly ValidationError[] | null;
}

interface ValidationError {
  readonly instancePath: string;
  readonly message?: string;
  readonly params: { readonly allowedValues?: readonly string[] };
}

const validateHerald = generated.validateHerald as unknown as Validator;
const validateProgram = generated.validateProgram as unknown as Validator;
const validateListener = generated.validateListener as unknown as Validator;

/** A text that is no value of the type is handed on as it is: the schema then says what it should be. */
type Reading = (text: string) => KeyValue;

const asInteger: Reading = (text) => tryParseInteger(text) ?? text;
const asSeconds: Reading = (text) => (/^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : text);
const asWord: Reading = (text) => text.trim().toLowerCase();
const asBoolean: Reading = (text) => orText(text, parseBoolean);
const asBytes: Reading = (text) => orText(text, parseByteSize);

function orText<T extends KeyValue>(text: string, convert: (text: string) => T): T | string {
  try {
    return convert(text);
  } catch (error) {
    if (error instanceof ValueError) return text;
    throw error;
  }
}

export const LISTENER_KEYS: ReadonlyMap<string, Reading> = new Map([
  ['prefetch', asInteger],
  ['ack_timeout', asSeconds],
  ['protocol_error', asWord],
  ['retry_delay', asSeconds],
  ['retry_delay_max', asSeconds],
  ['max_deliver', asInteger],
  ['durable', asBoolean],
  ['extended', asBoolean],
  ['length_unit', asWord],
  ['programs', parseList],
  ['drain_timeout', asSeconds],
]);

/** Of every section that has processes. */
export const PROGRAM_KEYS: ReadonlyMap<string, Reading> = new Map([
  ['log_format', asWord],
  ['log_prefix', (text) => text],
]);

const PROGRAM_KEY_NAMES = [...PROGRAM_KEYS.keys()];

export const HERALD_KEYS: ReadonlyMap<string, Reading> = new Map([
  ['compat', asWord],
  ['journal', (text) => text],
  ['journal_max_bytes', asBytes],
  ['journal_max_age', (text) => text],
]);

const UNSUPPORTED = 'is not supported by this version of Herald';

/** `[herald]`. Throws ConfigError. */
export function readHerald(context: ReadContext): HeraldConfig {
  const reader = readerOf(context, 'herald');
  if (context.raw.section('herald') === undefined) return { compat: 'off' };
  const names = context.environment.with({ here: context.here });
  const values = readKeys(reader, names, HERALD_KEYS, validateHerald);
  if ((values.get('journal') ?? '') !== '')
    throw reader.error(`journal=${values.get('journal')} ${UNSUPPORTED}`, 'journal');
  return { compat: values.get('compat') === 'supervisor' ? 'supervisor' : 'off' };
}

type ListenerKeys = Omit<PoolConfig, 'events' | 'bufferSize' | 'resultHandler'>;

/** The keys of a pool. Throws ConfigError. */
export function readListenerKeys(reader: OptionReader, names: Names): ListenerKeys {
  const values = readKeys(reader, names, LISTENER_KEYS, validateListener);
  if (values.get('durable') === true) throw reader.error(`durable=true ${UNSUPPORTED}`, 'durable');
  const number = (key: string, fallback: number) => {
    const value = values.get(key);
    return typeof value === 'number' ? value : fallback;
  };
  const programs = values.get('programs');
  const keys: ListenerKeys = {
    prefetch: number('prefetch', 1),
    ackTimeout: number('ack_timeout', 0),
    protocolError: values.get('protocol_error') === 'ignore' ? 'ignore' : 'restart',
    retryDelay: number('retry_delay', 1),
    retryDelayMax: number('retry_delay_max', 60),
    maxDeliver: number('max_deliver', 0),
    extended: values.get('extended') === true,
    lengthUnit: values.get('length_unit') === 'bytes' ? 'bytes' : 'characters',
    programs: Array.isArray(programs) ? programs : [],
    drainTimeout: number('drain_timeout', 10),
  };
  if (values.has('retry_delay_max') && keys.retryDelayMax < keys.retryDelay)
    reader.refuse('retry_delay_max is less than retry_delay', 'retry_delay_max');
  return { ...keys, retryDelayMax: Math.max(keys.retryDelay, keys.retryDelayMax) };
}

/** How a process's lines are logged; undefined: as they come. Throws ConfigError. */
export function readLineFormat(reader: OptionReader, names: Names): LineFormatConfig | undefined {
  if (!PROGRAM_KEY_NAMES.some((key) => reader.raw(key) !== undefined)) return undefined;
  const values = readKeys(reader, names, PROGRAM_KEYS, validateProgram);
  const word = values.get('log_format');
  const text = values.get('log_prefix');
  const format = word === 'timestamp' || word === 'json' ? word : 'plain';
  const prefix = typeof text === 'string' ? text : '';
  return format === 'plain' && prefix === '' ? undefined : { format, prefix };
}

function readKeys(
  reader: OptionReader,
  names: Names,
  keys: ReadonlyMap<string, Reading>,
  validate: Validator,
): Map<string, KeyValue> {
  const values = new Map<string, KeyValue>();
  const texts = new Map<string, string>();
  for (const [key, read] of keys) {
    const text = reader.text(key, names);
    if (text === undefined) continue;
    texts.set(key, text);
    values.set(key, read(text));
  }
  while (!validate(Object.fromEntries(values))) {
    const [error] = validate.errors ?? [];
    const key = error?.instancePath.split('/')[1] ?? '';
    const allowed = error?.params.allowedValues;
    const reason = allowed === undefined ? error?.message : `must be one of ${allowed.join(', ')}`;
    reader.refuse(`'${texts.get(key)}' is not a valid ${key}: ${reason}`, key);
    // Only a reading that collects errors comes here: it goes on without the key.
    if (!values.delete(key)) break;
  }
  return values;
}
