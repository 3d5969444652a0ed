/** A section of the effective configuration, and how its lines are made. */
import { ValueError } from '../config-error.ts';
import { parseEnvironment } from '../environment.ts';
import { factsOfSection } from '../facts/all-facts.ts';
import type { RawConfig } from '../raw-config.ts';
import type { Values } from './process-values.ts';
import { type Redaction, SHOW_SECRETS } from './redaction.ts';
import { environmentText, escapePercent, iniText } from './value-text.ts';

export interface Origin {
  readonly file: string;
  readonly line: number;
}

export interface ShownOption {
  readonly name: string;
  /** The value itself. Where processes of one section differ in it: the text that makes their values. */
  readonly value: string;
  /** As it may stand in a file. */
  readonly text: string;
  /** undefined: nothing was written, this is the default. */
  readonly origin: Origin | undefined;
}

export interface ShownSection {
  readonly name: string;
  readonly options: readonly ShownOption[];
  /** What the lines cannot say. */
  readonly remarks: readonly string[];
}

export interface ShowContext {
  readonly raw: RawConfig;
  /** The folder that `%(here)s` stood for. */
  readonly here: string;
  readonly redaction: Redaction;
}

/** Options whose value is expanded twice. */
const TWICE: ReadonlySet<string> = new Set(['stdout_logfile', 'stderr_logfile']);

export class SectionWriter {
  readonly #name: string;
  readonly #source: string;
  readonly #context: ShowContext;
  /** A name that expands in every option of the section. */
  readonly #known: string;
  readonly #options: ShownOption[] = [];
  readonly #remarks: string[] = [];

  /** `source` is the section that the values came from. */
  constructor(name: string, source: string, context: ShowContext) {
    this.#name = name;
    this.#source = source;
    this.#context = context;
    this.#known = /^(inet_http|unix_http|rpcinterface|supervisorctl|ctlplugin)/.test(name)
      ? 'ENV_PATH'
      : 'here';
  }

  /** A value that nothing expands in. */
  add(option: string, value: string | undefined): this {
    if (value === undefined) return this;
    const { redaction } = this.#context;
    const shown = option === 'password' ? redaction.password(value) : redaction.text(value);
    return this.addText(option, shown, escapePercent(shown, TWICE.has(option) ? 2 : 1));
  }

  addEnvironment(pairs: ReadonlyMap<string, string>): this {
    const shown = this.#context.redaction.environment(pairs);
    const text = shown.size === 0 ? '' : environmentText(shown);
    if (text === undefined) return this.remark('no text reads back as this environment; it was left out');
    return this.addText('environment', text, escapePercent(text));
  }

  /** `text` is expanded by the reader. */
  addText(name: string, value: string, text: string): this {
    const written = this.#context.raw.option(this.#source, name);
    const origin = written === undefined ? undefined : { file: written.file, line: written.line };
    this.#options.push({ name, value, text: iniText(text, this.#known), origin });
    return this;
  }

  /** As it was written, for the reader to expand again. */
  addRaw(option: string): this {
    const { raw, here, redaction } = this.#context;
    const written = raw.option(this.#source, option)?.value;
    if (written === undefined) return this;
    const folder = escapePercent(here, TWICE.has(option) ? 2 : 1);
    const text = written.replaceAll('%(here)s', () => folder);
    if (option === 'environment') return this.#addRawEnvironment(text);
    const shown = option === 'password' ? redaction.password(text) : redaction.text(text);
    return this.addText(option, shown, shown);
  }

  /** The pairs are told apart before they are expanded: the daemon does it the other way round. */
  #addRawEnvironment(text: string): this {
    const { redaction } = this.#context;
    if (redaction === SHOW_SECRETS) return this.addText('environment', text, text);
    let shown: string | undefined;
    try {
      shown = environmentText(redaction.environment(parseEnvironment(text)));
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
    }
    return shown === undefined
      ? this.remark('the environment cannot be told apart into pairs before it is expanded; it was left out')
      : this.addText('environment', shown, shown);
  }

  /**
   * Every option that the section can have: those of `values`, then what was written, then the default. An option
   * that is undefined in `values` is left out; one that is here already stays.
   */
  addAll(values: Values): this {
    for (const [option, { fallback }] of Object.entries(factsOfSection(this.#name)?.options ?? {})) {
      if (this.#options.some(({ name }) => name === option)) continue;
      if (option in values) this.add(option, values[option]);
      else if (this.#context.raw.option(this.#source, option) !== undefined) this.addRaw(option);
      else if (fallback !== undefined) this.addText(option, fallback, fallback);
    }
    return this;
  }

  /** For sections whose options are someone else's as well. */
  addOthers(): this {
    for (const option of this.#context.raw.options(this.#source).keys()) {
      if (!this.#options.some(({ name }) => name === option)) this.addRaw(option);
    }
    return this;
  }

  remark(text: string): this {
    this.#remarks.push(text);
    return this;
  }

  get section(): ShownSection {
    return { name: this.#name, options: this.#options, remarks: this.#remarks };
  }
}
