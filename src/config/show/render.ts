/** Shown sections as text. */
import type { Origin, ShownOption, ShownSection } from './shown-section.ts';

export interface RenderOptions {
  /** Whether each value is followed by where it came from. */
  readonly origin: boolean;
}

export function renderIni(sections: readonly ShownSection[], { origin }: RenderOptions): string {
  return sections
    .map(({ name, options, remarks }) => {
      const lines = options.map((option) => (origin ? withOrigin(option) : plain(option)));
      return [...remarks.map((remark) => `; ${remark}`), `[${name}]`, ...lines, ''].join('\n');
    })
    .join('\n');
}

/** `{section: {option: value}}` and, when asked for, the same with places; null stands for a default. */
export function renderJson(
  file: string,
  sections: readonly ShownSection[],
  { origin }: RenderOptions,
): string {
  const table = <T>(pick: (option: ShownOption) => T) =>
    Object.fromEntries(
      sections.map(({ name, options }) => [
        name,
        Object.fromEntries(options.map((option) => [option.name, pick(option)])),
      ]),
    );
  const values = { file, sections: table(({ value }) => value) };
  const whole = origin ? { ...values, origins: table((option) => option.origin ?? null) } : values;
  return `${JSON.stringify(whole, undefined, 2)}\n`;
}

function plain({ name, text }: ShownOption): string {
  return `${name}=${text}`;
}

/** A comment behind the first of several lines would be read as the end of that line, which it is not. */
function withOrigin(option: ShownOption): string {
  const comment = `; ${describe(option.origin)}`;
  return option.text.includes('\n') ? `${comment}\n${plain(option)}` : `${plain(option)} ${comment}`;
}

function describe(origin: Origin | undefined): string {
  return origin === undefined ? 'default' : `from ${origin.file}:${origin.line}`;
}
