/**
 * The part of XML that XML-RPC needs: elements, text, CDATA, comments, processing instructions, the five
 * predefined entities and numeric references. There is no DTD, hence nothing that expands or fetches.
 * The scanner walks forward once: every method looks at each character a bounded number of times.
 */
import { XmlRpcSyntaxError } from './xmlrpc-values.ts';

const NAME = /[A-Za-z_][A-Za-z0-9_.-]*/y;
const SPACE = /[ \t\r\n]*/y;
/** Attributes mean nothing in XML-RPC: they are read over. */
const ATTRIBUTES = /(?:[ \t\r\n]+[A-Za-z_:][\w:.-]*[ \t\r\n]*=[ \t\r\n]*(?:"[^"<]*"|'[^'<]*'))*[ \t\r\n]*/y;
const REFERENCE = /&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));/y;
// Control characters that XML 1.0 forbids, and the two non-characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to find.
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

export class XmlScanner {
  readonly #text: string;
  #at = 0;

  /** Throws {@link XmlRpcSyntaxError} when the text holds a character that XML forbids. */
  constructor(text: string) {
    this.#text = text;
    const forbidden = text.search(FORBIDDEN);
    if (forbidden >= 0) throw new XmlRpcSyntaxError('a character that XML forbids', forbidden);
    if (text.charCodeAt(0) === 0xfeff) this.#at = 1;
  }

  get offset(): number {
    return this.#at;
  }

  fail(reason: string): never {
    throw new XmlRpcSyntaxError(reason, this.#at);
  }

  /** Reads over white space, comments and processing instructions. */
  skip(): void {
    this.#match(SPACE);
    while (this.#skipComment()) this.#match(SPACE);
  }

  /** The name of the start tag that stands here, or undefined; moves nothing. */
  peekOpen(): string | undefined {
    if (this.#text.charCodeAt(this.#at) !== 60) return undefined;
    NAME.lastIndex = this.#at + 1;
    return NAME.exec(this.#text)?.[0];
  }

  /** Reads `<name>` or `<name/>`; tells whether it was the first, so that an end tag must follow. */
  open(name: string): boolean {
    if (this.peekOpen() !== name) this.fail(`<${name}> expected`);
    this.#at += name.length + 1;
    this.#match(ATTRIBUTES);
    if (this.#take('>')) return true;
    if (this.#take('/>')) return false;
    return this.fail(`malformed <${name}>`);
  }

  close(name: string): void {
    if (!this.#take(`</${name}`)) this.fail(`</${name}> expected`);
    this.#match(SPACE);
    if (!this.#take('>')) this.fail(`malformed </${name}>`);
  }

  /** Reads character data up to the next tag, with references resolved and line ends made `\n`. */
  text(): string {
    const pieces: string[] = [];
    for (;;) {
      const from = this.#at;
      const stop = this.#text.indexOf('<', from);
      if (stop < 0) this.fail('the text ends inside an element');
      if (stop > from) pieces.push(this.#resolve(from, stop));
      this.#at = stop;
      if (this.#take('<![CDATA[')) pieces.push(this.#cdata());
      else if (!this.#skipComment()) return pieces.length === 1 ? (pieces[0] ?? '') : pieces.join('');
    }
  }

  end(): void {
    this.skip();
    if (this.#at < this.#text.length) this.fail('something follows the message');
  }

  #cdata(): string {
    const stop = this.#text.indexOf(']]>', this.#at);
    if (stop < 0) this.fail('CDATA without an end');
    const piece = this.#text.slice(this.#at, stop);
    this.#at = stop + 3;
    return normalizeLineEnds(piece);
  }

  #resolve(from: number, stop: number): string {
    const raw = this.#text.slice(from, stop);
    if (raw.includes(']]>')) this.fail("']]>' outside of CDATA");
    const plain = normalizeLineEnds(raw);
    if (!plain.includes('&')) return plain;
    const pieces: string[] = [];
    let at = 0;
    for (let ampersand = plain.indexOf('&'); ampersand >= 0; ampersand = plain.indexOf('&', at)) {
      REFERENCE.lastIndex = ampersand;
      const found = REFERENCE.exec(plain);
      const character = found === null ? undefined : resolveReference(found);
      if (found === null || character === undefined) this.fail('an entity or reference that is not known');
      pieces.push(plain.slice(at, ampersand), character);
      at = ampersand + found[0].length;
    }
    pieces.push(plain.slice(at));
    return pieces.join('');
  }

  #skipComment(): boolean {
    if (this.#text.charCodeAt(this.#at) !== 60) return false;
    if (this.#text.startsWith('<?', this.#at)) return this.#skipTo('?>', 2);
    if (this.#text.startsWith('<!--', this.#at)) return this.#skipTo('-->', 4);
    if (this.#text.startsWith('<!', this.#at)) this.fail('a document type or other declaration');
    return false;
  }

  #skipTo(end: string, lead: number): true {
    const stop = this.#text.indexOf(end, this.#at + lead);
    if (stop < 0) this.fail(`'${end}' is missing`);
    this.#at = stop + end.length;
    return true;
  }

  #take(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#at)) return false;
    this.#at += expected.length;
    return true;
  }

  #match(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    if (pattern.test(this.#text)) this.#at = pattern.lastIndex;
  }
}

function normalizeLineEnds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

function resolveReference(found: RegExpExecArray): string | undefined {
  const [, name, decimal, hexadecimal] = found;
  if (name !== undefined) return PREDEFINED.get(name);
  const code = decimal !== undefined ? Number(decimal) : Number(`0x${hexadecimal}`);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  const character = String.fromCodePoint(code);
  return FORBIDDEN.test(character) ? undefined : character;
}
