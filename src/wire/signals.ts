/** Signal names and numbers of Linux on x64 and arm64, and the words for them that Supervisor accepts. */
const NUMBERS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    SIGHUP: 1,
    SIGINT: 2,
    SIGQUIT: 3,
    SIGILL: 4,
    SIGTRAP: 5,
    SIGABRT: 6,
    SIGBUS: 7,
    SIGFPE: 8,
    SIGKILL: 9,
    SIGUSR1: 10,
    SIGSEGV: 11,
    SIGUSR2: 12,
    SIGPIPE: 13,
    SIGALRM: 14,
    SIGTERM: 15,
    SIGSTKFLT: 16,
    SIGCHLD: 17,
    SIGCONT: 18,
    SIGSTOP: 19,
    SIGTSTP: 20,
    SIGTTIN: 21,
    SIGTTOU: 22,
    SIGURG: 23,
    SIGXCPU: 24,
    SIGXFSZ: 25,
    SIGVTALRM: 26,
    SIGPROF: 27,
    SIGWINCH: 28,
    SIGIO: 29,
    SIGPWR: 30,
    SIGSYS: 31,
    SIGRTMIN: 34,
    SIGRTMAX: 64,
  }),
);

/** Second names; a number is always shown by its first. */
const ALIASES: ReadonlyMap<string, number> = new Map([
  ['SIGIOT', 6],
  ['SIGCLD', 17],
  ['SIGPOLL', 29],
]);

const NAMES: ReadonlyMap<number, string> = new Map([...NUMBERS].map(([name, number]) => [number, name]));

/**
 * The number that a word means: a name with or without `SIG` in any case, or a number. Undefined when there is
 * no such signal. 0 is allowed, as Supervisor allows it: it asks whether the process is there.
 */
export function parseSignal(word: string | number): number | undefined {
  if (typeof word === 'number') return isSignal(word) ? word : undefined;
  const text = word.trim();
  if (/^[+-]?[0-9]+(?:_[0-9]+)*$/.test(text)) return parseSignal(Number(text.replaceAll('_', '')));
  const upper = text.toUpperCase();
  const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  return NUMBERS.get(name) ?? ALIASES.get(name);
}

/** `SIGTERM` for 15; undefined for what has no name. */
export function signalName(number: number): string | undefined {
  return NAMES.get(number);
}

function isSignal(number: number): boolean {
  return number === 0 || NAMES.has(number);
}
