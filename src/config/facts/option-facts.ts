/** What can be said about a section or an option without reading one. Rows of data: nothing here is executed. */

/**
 * The language of a value. `words`: one of a list, in any case. `open-words`: one of a list, or free text.
 * `list`: items between commas. `pairs`: `KEY="value"` between commas. `bytes`: KB, MB, GB allowed.
 */
export type OptionKind =
  | 'text'
  | 'path'
  | 'integer'
  | 'seconds'
  | 'boolean'
  | 'bytes'
  | 'octal'
  | 'signal'
  | 'exitcodes'
  | 'words'
  | 'open-words'
  | 'list'
  | 'pairs';

export interface OptionFacts {
  readonly kind: OptionKind;
  /** One sentence without a full stop. */
  readonly about: string;
  /** As it would be written; absent: there is none. */
  readonly fallback?: string;
  /** For the sample, where there is no default. */
  readonly example?: string;
  readonly words?: readonly string[];
  /** For numbers, both ends included. */
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: boolean;
  /** Not known to Supervisor, which ignores it. */
  readonly herald?: boolean;
}

export interface SectionFacts {
  /** The whole name, or what it starts with. */
  readonly name: string;
  readonly prefix: boolean;
  /** Behind the prefix, for the sample. */
  readonly example?: string;
  readonly about: string;
  readonly options: Readonly<Record<string, OptionFacts>>;
  /** Options besides these are someone else's. */
  readonly open?: boolean;
  readonly herald?: boolean;
}

type More = Omit<OptionFacts, 'kind' | 'about' | 'fallback'>;

/** A row; an empty `fallback` is a default, undefined is none. */
export function row(
  kind: OptionKind,
  fallback: string | undefined,
  about: string,
  more: More = {},
): OptionFacts {
  return { kind, about, ...(fallback === undefined ? {} : { fallback }), ...more };
}
