import type { Contender } from './contenders.ts';

/** What a row gives back for one daemon in one round: raw samples by name, in the unit of their figures. */
export type Samples = Readonly<Record<string, readonly number[]>>;

/** What the person at the keyboard asked for, and the Python that runs the listeners. */
export interface Setting {
  /** Sizes that show the row working rather than good figures. */
  readonly quick: boolean;
  readonly rounds: number;
  readonly python: string;
}

/** One line of the final table: a summary of the named samples of all rounds together. */
export interface Figure {
  readonly title: string;
  /** Which entry of the row's samples this line summarises. */
  readonly from: string;
  readonly take: 'median' | 'p99';
  readonly unit: 'us' | 'ms' | 's' | '/s' | 'MB/s' | 'KB' | 'MB' | 'count';
  /** The goal for Herald, in words; it is printed and never checked. */
  readonly target?: string;
  /** The other daemon has nothing of the kind. */
  readonly only?: Contender['name'];
}

/** One piece of work for one daemon; the daemons take turns in it, so that both meet the same neighbours. */
export type Step = (contender: Contender, setting: Setting) => Promise<Samples>;

/** One idea, measured in one or more steps. */
export interface Row {
  readonly name: string;
  readonly summary: string;
  readonly figures: readonly Figure[];
  readonly steps: readonly Step[];
}
