/** Sections and options of all files together, before any expansion. */
import type { RawFile, RawOption, RawSection } from './dialect.ts';

const HERE = '%(here)s';

export class RawConfig {
  readonly #defaults = new Map<string, RawOption>();
  readonly #sections = new Map<string, RawSection>();
  /** Files that brought a section in by inclusion; Supervisor names them in errors. */
  readonly #includedFrom = new Map<string, string>();

  /** Later options replace earlier ones of the same section and name. `file` is taken over. */
  merge(file: RawFile, includedFrom?: string): void {
    for (const [name, option] of file.defaults) this.#defaults.set(name, option);
    for (const section of file.sections.values()) {
      const known = this.#sections.get(section.name);
      if (known === undefined) {
        this.#sections.set(section.name, section);
        if (includedFrom !== undefined) this.#includedFrom.set(section.name, includedFrom);
      } else {
        for (const [name, option] of section.options) known.options.set(name, option);
      }
    }
  }

  /** In order of first appearance, without `[DEFAULT]`. */
  get sections(): readonly RawSection[] {
    return [...this.#sections.values()];
  }

  section(name: string): RawSection | undefined {
    return this.#sections.get(name);
  }

  includedFrom(section: string): string | undefined {
    return this.#includedFrom.get(section);
  }

  option(section: string, name: string): RawOption | undefined {
    return this.#sections.get(section)?.options.get(name) ?? this.#defaults.get(name);
  }

  /** What `[DEFAULT]` lends to every section. */
  get defaults(): ReadonlyMap<string, RawOption> {
    return this.#defaults;
  }

  /** All options of a section, those of `[DEFAULT]` included. */
  options(section: string): ReadonlyMap<string, RawOption> {
    return new Map([...this.#defaults, ...(this.#sections.get(section)?.options ?? [])]);
  }

  /**
   * The textual pass that comes with `[include]`: each `%(here)s` still there becomes `folder`. `touched` are
   * the sections that can have one; what `[DEFAULT]` lends to a section becomes its own by this.
   */
  replaceHere(folder: string, touched: Iterable<string>): void {
    const lent = [...this.#defaults].filter(([, { value }]) => value.includes(HERE));
    for (const name of touched) {
      const options = this.#sections.get(name)?.options;
      if (options === undefined) continue;
      for (const [key, option] of lent) {
        if (!options.has(key)) options.set(key, option);
      }
      options.forEach((option, key) => {
        if (option.value.includes(HERE))
          options.set(key, { ...option, value: option.value.replaceAll(HERE, () => folder) });
      });
    }
  }
}
