/** One conversion of Python's `%` operator: a specification and an argument in, text out. */
import type { Names } from './names.ts';
import { repr } from './python-text.ts';

export interface Spec {
  /** Any of `-`, `+`, blank, `#`, `0`, in any order. */
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  /** The letter, one code point. */
  readonly conversion: string;
  /** The whole format, and where in it the letter stands, in UTF-16 units. */
  readonly format: string;
  readonly at: number;
}

/** The format cannot be applied; `message` is Python's reason. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

type Argument = string | number | Names;

/** Throws {@link FormatError}. */
export function renderConversion(spec: Spec, argument: Argument): string {
  switch (spec.conversion) {
    case 's':
    case 'r':
    case 'a':
      return pad(spec, cut(spec, asText(spec.conversion, argument)));
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
      return padNumber(spec, integerText(spec, argument));
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      return padNumber(spec, floatText(spec, argument));
    case 'c':
      return pad(spec, character(argument));
    default:
      throw unsupported(spec);
  }
}

function unsupported({ conversion, format, at }: Spec): FormatError {
  const code = conversion.codePointAt(0) ?? 0;
  // Python counts code points.
  const index = [...format.slice(0, at)].length;
  const shown = code > 30 && code < 127 ? conversion : '?';
  return new FormatError(
    `unsupported format character '${shown}' (0x${code.toString(16)}) at index ${index}`,
  );
}

/** What `s`, `r` and `a` make of an argument, before width and precision. */
export function asText(conversion: string, argument: Argument): string {
  if (typeof argument === 'number') return String(argument);
  if (typeof argument !== 'string') {
    const items = Array.from(
      argument.entries(),
      ([key, value]) =>
        `${repr(key, conversion === 'a')}: ${asText(conversion === 's' ? 'r' : conversion, value)}`,
    );
    return `{${items.join(', ')}}`;
  }
  return conversion === 's' ? argument : repr(argument, conversion === 'a');
}

/** Precision and width count code points. */
function cut({ precision }: Spec, text: string): string {
  if (precision === undefined || text.length <= precision) return text;
  return [...text].slice(0, precision).join('');
}

function pad({ flags, width }: Spec, text: string): string {
  const missing = width - (width > 0 ? [...text].length : 0);
  if (missing <= 0) return text;
  return flags.includes('-') ? text + ' '.repeat(missing) : ' '.repeat(missing) + text;
}

function padNumber(spec: Spec, { prefix, digits }: { prefix: string; digits: string }): string {
  if (!spec.flags.includes('0') || spec.flags.includes('-')) return pad(spec, prefix + digits);
  return prefix + digits.padStart(spec.width - prefix.length, '0');
}

function signOf(flags: string, negative: boolean): string {
  if (negative) return '-';
  if (flags.includes('+')) return '+';
  return flags.includes(' ') ? ' ' : '';
}

function typeName(argument: string | Names): string {
  return typeof argument === 'string' ? 'str' : 'dict';
}

function integerText(spec: Spec, argument: Argument): { prefix: string; digits: string } {
  const { conversion, flags, precision } = spec;
  const radix = conversion === 'o' ? 8 : conversion === 'x' || conversion === 'X' ? 16 : 10;
  if (typeof argument !== 'number') {
    const wanted = radix === 10 ? 'a real number' : 'an integer';
    throw new FormatError(`%${conversion} format: ${wanted} is required, not ${typeName(argument)}`);
  }
  const mark = flags.includes('#') && radix !== 10 ? `0${conversion}` : '';
  const digits = Math.abs(argument)
    .toString(radix)
    .padStart(precision ?? 0, '0');
  return {
    prefix: signOf(flags, argument < 0) + mark,
    digits: conversion === 'X' ? digits.toUpperCase() : digits,
  };
}

function floatText(spec: Spec, argument: Argument): { prefix: string; digits: string } {
  if (typeof argument !== 'number') throw new FormatError(`must be real number, not ${typeName(argument)}`);
  const { conversion, flags } = spec;
  // JavaScript writes at most 100 digits behind the point; Python has no such limit and no one asks for it.
  const precision = Math.min(spec.precision ?? 6, 100);
  const value = Math.abs(argument);
  const kind = conversion.toLowerCase();
  let digits: string;
  if (kind === 'f') digits = value.toFixed(precision);
  else if (kind === 'e') digits = exponential(value, precision);
  else digits = general(value, Math.max(precision, 1), flags.includes('#'));
  if (flags.includes('#') && !digits.includes('.')) digits = digits.replace(/(?=e|$)/, '.');
  return {
    prefix: signOf(flags, argument < 0),
    digits: conversion === kind ? digits : digits.toUpperCase(),
  };
}

/** Two digits of exponent at least, as C does. */
function exponential(value: number, precision: number): string {
  return value.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2');
}

function general(value: number, precision: number, keepZeros: boolean): string {
  const exponent = value === 0 ? 0 : Number(value.toExponential(precision - 1).split('e')[1]);
  const short = exponent < -4 || exponent >= precision;
  const text = short
    ? exponential(value, precision - 1)
    : value.toFixed(Math.min(precision - 1 - exponent, 100));
  if (keepZeros || !text.includes('.')) return text;
  return text.replace(/\.?0+(?=e|$)/, '');
}

function character(argument: Argument): string {
  if (typeof argument === 'number') {
    if (argument < 0 || argument > 0x10ffff) throw new FormatError('%c arg not in range(0x110000)');
    return String.fromCodePoint(argument);
  }
  if (typeof argument === 'string' && [...argument.slice(0, 3)].length === 1) return argument;
  throw new FormatError('%c requires int or char');
}
