/** Where Herald reads otherwise on purpose: `protocol-spec/config.md`, "Where Herald differs". */
import { isDeepStrictEqual } from 'node:util';

/** What came of reading one configuration. */
export interface Reading {
  /** 0: accepted; 2: refused; 1: Supervisor ended with a traceback. */
  readonly status: number;
  readonly message: string;
  readonly groups: readonly unknown[];
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

/** Each says whether two readings that differ do so in its way, and in no other. */
const DEVIATIONS: Readonly<Record<string, (ours: Reading, theirs: Reading) => boolean>> = {
  'the brackets show the group itself': (ours, theirs) => {
    const [before, member] = theirs.message.split('] names unknown program or fcgi-program ');
    return (
      before?.startsWith('[program:') === true &&
      member !== undefined &&
      isSame(ours, { ...theirs, message: `[group:g] names unknown program or fcgi-program ${member}` })
    );
  },
  'the environment of [supervisord] is expanded once': (ours, theirs) => {
    const refusedInSecond = /^Format string '(.*)' for '(supervisord\.)?environment' /.test(theirs.message);
    const once = ours.status === 0 || ours.message.startsWith(theirs.message.replace('supervisord.', ''));
    return theirs.status === 2 && refusedInSecond && once;
  },
  'integers beyond 2^53 are clamped': (ours, theirs) =>
    JSON.stringify(theirs).includes('1e+30') &&
    isSame(ours, JSON.parse(JSON.stringify(theirs).replaceAll('1e+30', String(Number.MAX_SAFE_INTEGER)))),
  'digits are 0 to 9': (ours, theirs) =>
    theirs.status === 0 &&
    ours.status === 2 &&
    /^(invalid literal for int|not a valid list)[^']*'٣'/.test(ours.message),
  'an included file that cannot be read is told': (ours, theirs) =>
    ours.warnings.some((warning) => warning.startsWith('Left out of the include: ')) &&
    isSame({ ...ours, warnings: theirs.warnings }, theirs),
  'a format makes no NUL': (ours, theirs) =>
    theirs.status === 0 && ours.status === 2 && ours.message.includes('the result has a NUL character'),
  // What the kernel does with it is the same.
  'a umask has nine bits': (ours, theirs) =>
    JSON.stringify(ours.groups).includes(',null,511,[') &&
    isSame(ours, JSON.parse(JSON.stringify(theirs).replace(',null,-1,[', ',null,511,['))),
};

/** `none`: the same; undefined: different, and nobody said that it should be. */
export function deviationOf(ours: Reading, theirs: Reading): string | undefined {
  if (isSame(ours, theirs)) return 'none';
  return Object.keys(DEVIATIONS).find((name) => DEVIATIONS[name]?.(ours, theirs) === true);
}

export const DEVIATION_NAMES: readonly string[] = Object.keys(DEVIATIONS);

function isSame(ours: Reading, expected: Reading): boolean {
  return isDeepStrictEqual(ours, expected);
}
