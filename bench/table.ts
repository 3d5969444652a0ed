import type { Figure, Row } from './row.ts';
import { median, percentile } from './statistics.ts';

const ALL_SHOWN_UP_TO = 12;
const LOWER_IS_BETTER: ReadonlySet<Figure['unit']> = new Set(['us', 'ms', 's', 'KB', 'MB', 'count']);

/** One line of the final table. `ratio` is Herald's value divided by supervisord's; undefined when one is missing. */
export interface Summary {
  readonly row: string;
  readonly figure: string;
  readonly unit: Figure['unit'];
  readonly supervisord: number | undefined;
  readonly herald: number | undefined;
  readonly ratio: number | undefined;
  readonly target: string | undefined;
  readonly only: Figure['only'];
}

/** @param samplesOf all samples of all rounds of one daemon, or none when it could not be measured */
export function summarise(
  row: Row,
  samplesOf: (name: 'supervisord' | 'herald', from: string) => readonly number[],
): Summary[] {
  return row.figures.map((figure) => {
    const supervisord = take(figure, samplesOf('supervisord', figure.from));
    const herald = take(figure, samplesOf('herald', figure.from));
    const ratio = supervisord === undefined || herald === undefined ? undefined : herald / supervisord;
    return {
      row: row.name,
      figure: figure.title,
      unit: figure.unit,
      supervisord,
      herald,
      ratio,
      target: figure.target,
      only: figure.only,
    };
  });
}

export function renderTable(summaries: readonly Summary[]): string {
  const head = ['row', 'figure', 'supervisord', 'herald', 'ratio', 'target'];
  const lines = summaries.map((summary) => [
    summary.row,
    summary.figure,
    valueText(summary, 'supervisord'),
    valueText(summary, 'herald'),
    ratioText(summary),
    summary.target ?? '',
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const render = (line: readonly string[]) =>
    line
      .map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [render(head), rule, ...lines.map(render)].join('\n');
}

/** The samples of one round: all of them when they are few, their shape when they are many. */
export function samplesText(samples: readonly number[]): string {
  if (samples.length <= ALL_SHOWN_UP_TO) return samples.map(numberText).join(' ');
  const [least, middle, p99] = [percentile(samples, 0), median(samples), percentile(samples, 99)].map(
    numberText,
  );
  return `${samples.length} samples: min ${least}, median ${middle}, p99 ${p99}, max ${numberText(percentile(samples, 100))}`;
}

function take(figure: Figure, samples: readonly number[]): number | undefined {
  if (samples.length === 0) return undefined;
  return figure.take === 'median' ? median(samples) : percentile(samples, 99);
}

/** `12.3x`; where lower is better and Herald is lower, the way people say it: `1/12.3`. */
function ratioText({ ratio, unit }: Summary): string {
  if (ratio === undefined || !Number.isFinite(ratio)) return '';
  if (ratio > 0 && ratio < 1 && LOWER_IS_BETTER.has(unit)) return `1/${numberText(1 / ratio)}`;
  return `${numberText(ratio)}x`;
}

function valueText(summary: Summary, name: 'supervisord' | 'herald'): string {
  const { [name]: value, unit, only } = summary;
  if (value === undefined) return only === undefined || only === name ? 'failed' : '-';
  if (unit === 'count') return numberText(value);
  return unit.startsWith('/') ? `${numberText(value)}${unit}` : `${numberText(value)} ${unit}`;
}

/** Three significant digits, thousands with commas. */
function numberText(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

function isNumber(column: number): boolean {
  return column >= 2 && column <= 4;
}
