/** Scenarios of programs that print what they have got, and end. */
import type { Scenario } from '../scenario.ts';
import { program } from '../sections.ts';

type Options = Readonly<Record<string, string | number>>;

/** A program that prints what it has got and ends. */
interface Saying {
  readonly name: string;
  readonly command: string;
  readonly options: Options;
}

export function says(name: string, command: string, options: Options = {}): Saying {
  return { name, command, options };
}

/** What it prints is its environment: the names that begin with OWN, SUPERVISOR_ or ORACLE. */
export function pairs(name: string, environment: string): Saying {
  return says(name, ENV, { environment });
}

/** Several of them in one daemon. */
export function together(name: string, sayings: readonly Saying[], more: Partial<Scenario> = {}): Scenario {
  return {
    name: `environment: ${name}`,
    config: sayings
      .map(({ command, options }, index) =>
        program(`x${index}`, command, { autorestart: 'false', ...options }),
      )
      .join(''),
    script: async (d) => {
      for (const [index, saying] of sayings.entries()) {
        const { spawnerr } = await d.state(`x${index}`, 'EXITED', 'FATAL');
        const [stdout, stderr] = [await d.read(`x${index}.out`), await d.read(`x${index}.err`)];
        d.note(saying.name, { stdout, stderr, spawnerr });
      }
    },
    ...more,
  };
}

export function prints(
  name: string,
  command: string,
  options: Options = {},
  more: Partial<Scenario> = {},
): Scenario {
  return together(name, [says(name, command, options)], more);
}

export const ENV = '/bin/sh -c "env | grep -aE \'^(OWN|SUPERVISOR_|ORACLE)\' | sort"';
export const ARGS = '/bin/sh -c \'for a do echo "<$a>"; done\' sh';

export function own(name: string, environment: string, more: Partial<Scenario> = {}): Scenario {
  return prints(name, ENV, { environment }, more);
}
