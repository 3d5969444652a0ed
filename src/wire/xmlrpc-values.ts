/** The values that travel in XML-RPC, on the way in and on the way out. */

/** A `dateTime.iso8601` as written: no method here needs more than its text. */
export class XmlRpcDateTime {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * What a request carries. Integers and doubles are both numbers; `base64` has become the UTF-8 text that it
 * held. A struct is a Map, so that a member named `__proto__` is a member and nothing else. `nil` is null.
 */
export type XmlRpcValue =
  | null
  | string
  | number
  | boolean
  | XmlRpcDateTime
  | readonly XmlRpcValue[]
  | ReadonlyMap<string, XmlRpcValue>;

/** A result whose XML is written already: what stands inside `<value>`. Made by {@link encodeValue} or by hand. */
export class EncodedValue {
  readonly xml: string;

  constructor(xml: string) {
    this.xml = xml;
  }
}

/** What a response carries. Numbers without a fraction are integers. */
export type XmlRpcResult =
  | null
  | string
  | number
  | boolean
  | XmlRpcDateTime
  | EncodedValue
  | readonly XmlRpcResult[]
  | ReadonlyMap<string, XmlRpcResult>
  | { readonly [member: string]: XmlRpcResult };

/** A call, ready to be looked up. */
export interface MethodCall {
  readonly method: string;
  readonly params: readonly XmlRpcValue[];
}

/** The two kinds of answer. */
export type MethodResponse =
  | { readonly kind: 'result'; readonly value: XmlRpcValue }
  | { readonly kind: 'fault'; readonly code: number; readonly text: string };

/** The text is no XML-RPC message. `offset` counts UTF-16 units from the beginning of the text. */
export class XmlRpcSyntaxError extends Error {
  override readonly name = 'XmlRpcSyntaxError';
  readonly offset: number;
  /** `no-method`: well formed, but nobody is called. */
  readonly kind: 'unmarshallable' | 'no-method';

  constructor(reason: string, offset: number, kind: XmlRpcSyntaxError['kind'] = 'unmarshallable') {
    super(`${reason} at offset ${offset}`);
    this.offset = offset;
    this.kind = kind;
  }
}
