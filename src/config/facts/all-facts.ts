/** All sections there are, in the order of the sample. The readers do not use this: it is for people and editors. */
import { SIGNAL_NAMES } from '../signal-numbers.ts';
import { DAEMON_SECTIONS } from './daemon-options.ts';
import type { OptionFacts, SectionFacts } from './option-facts.ts';
import { PROCESS_SECTIONS } from './process-options.ts';
import { SERVER_SECTIONS } from './server-options.ts';

export const SECTION_FACTS: readonly SectionFacts[] = [
  ...DAEMON_SECTIONS.filter(({ name }) => name === 'supervisord'),
  ...SERVER_SECTIONS.filter(({ herald }) => herald !== true),
  ...DAEMON_SECTIONS.filter(({ name }) => name === 'supervisorctl' || name === 'include'),
  ...PROCESS_SECTIONS,
  ...[...DAEMON_SECTIONS, ...SERVER_SECTIONS].filter(({ herald }) => herald === true),
];

/** undefined for a section that means nothing. */
export function factsOfSection(section: string): SectionFacts | undefined {
  return (
    SECTION_FACTS.find(({ name, prefix }) => !prefix && name === section) ??
    SECTION_FACTS.find(({ name, prefix }) => prefix && section.startsWith(name))
  );
}

export function factsOfOption(section: string, option: string): OptionFacts | undefined {
  const options = factsOfSection(section)?.options ?? {};
  return Object.hasOwn(options, option) ? options[option] : undefined;
}

const BOOLEANS = ['true', 'false', 'yes', 'no', 'on', 'off', '1', '0'];
const SIGNALS = [...SIGNAL_NAMES.keys()]
  .filter((name) => !name.startsWith('SIG_'))
  .map((name) => name.slice('SIG'.length));

/** The words that an option takes, when they can be counted. */
export function wordsOf({ kind, words }: OptionFacts): readonly string[] | undefined {
  if (kind === 'boolean') return BOOLEANS;
  if (kind === 'signal') return SIGNALS;
  return words;
}

/** What an option takes, for a message; undefined when everything goes. */
export function describeAllowed(facts: OptionFacts): string | undefined {
  const { kind, minimum, maximum } = facts;
  switch (kind) {
    case 'integer':
    case 'seconds':
      return describeRange(kind === 'integer' ? 'an integer' : 'a number of seconds', minimum, maximum);
    case 'bytes':
      return 'a number of bytes, as 1000, 10KB, 50MB or 1GB';
    case 'octal':
      return 'an octal number, as 022';
    case 'exitcodes':
      return 'numbers from 0 to 255 between commas';
    case 'pairs':
      return 'KEY="value",KEY2="value"';
    case 'boolean':
    case 'words':
    case 'signal':
      return wordsOf(facts)?.join(', ');
    case 'open-words':
    case 'list':
    case 'text':
    case 'path':
      return undefined;
  }
}

function describeRange(what: string, minimum: number | undefined, maximum: number | undefined): string {
  if (minimum !== undefined && maximum !== undefined) return `${what} from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `${what}, at least ${minimum}`;
  return maximum === undefined ? what : `${what}, at most ${maximum}`;
}
