import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MAX_DEPTH, parseCall, parseResponse } from '../../src/wire/xmlrpc-reader.ts';
import {
  EncodedValue,
  XmlRpcDateTime,
  type XmlRpcResult,
  XmlRpcSyntaxError,
  type XmlRpcValue,
} from '../../src/wire/xmlrpc-values.ts';
import { encodeValue, writeCall, writeFault, writeResponse } from '../../src/wire/xmlrpc-writer.ts';

interface Requests {
  readonly calls: readonly { name: string; text: string; call: { method: string; params: unknown[] } }[];
  readonly malformed: readonly { name: string; text?: string; hex?: string; error: string }[];
}

interface Responses {
  readonly results: readonly { name: string; value: XmlRpcResult; xml: string }[];
  readonly faults: readonly { name: string; code: number; text: string; xml: string }[];
}

function readVectors(file: string): unknown {
  return JSON.parse(
    readFileSync(new URL(`../../protocol-spec/vectors/xmlrpc/${file}`, import.meta.url), 'utf8'),
  );
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** As the vectors write it: structs as objects, which JSON gives a member of any name. */
function toPlain(value: XmlRpcValue): unknown {
  if (value instanceof XmlRpcDateTime) return { $dateTime: value.text };
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, v]) => [name, toPlain(v)]));
  return Array.isArray(value) ? value.map(toPlain) : value;
}

describe('requests', () => {
  const { calls, malformed } = readVectors('requests.json') as Requests;

  for (const { name, text, call } of calls) {
    it(`reads: ${name}`, () => {
      const { method, params } = parseCall(bytes(text));
      assert.deepEqual({ method, params: params.map(toPlain) }, call);
    });
  }

  for (const { name, text, hex, error } of malformed) {
    it(`refuses: ${name}`, () => {
      const input = hex === undefined ? bytes(text ?? '') : Buffer.from(hex, 'hex');
      assert.throws(
        () => parseCall(input),
        (thrown) => thrown instanceof XmlRpcSyntaxError && thrown.kind === error,
      );
    });
  }

  it('takes values as deep as the cap, and no deeper', () => {
    const nest = (depth: number) => {
      const open = '<value><array><data>'.repeat(depth);
      return `<methodCall><methodName>m</methodName><params><param>${open}${'</data></array></value>'.repeat(depth)}</param></params></methodCall>`;
    };
    assert.equal(parseCall(bytes(nest(MAX_DEPTH + 1))).params.length, 1);
    assert.throws(() => parseCall(bytes(nest(MAX_DEPTH + 2))), XmlRpcSyntaxError);
  });

  it('keeps a member named __proto__ a member', () => {
    const xml = writeCall('m', [new Map([['__proto__', 'x']])]);
    const [struct] = parseCall(bytes(xml)).params;
    assert.ok(struct instanceof Map);
    assert.deepEqual([...struct], [['__proto__', 'x']]);
  });

  it('reads hostile megabytes in linear time', () => {
    const size = 1 << 20;
    const value = (text: string) =>
      bytes(
        `<methodCall><methodName>m</methodName><params><param><value>${text}</value></param></params></methodCall>`,
      );
    const hostile = [
      value('&amp;'.repeat(size / 5)),
      value(']'.repeat(size)),
      value('<![CDATA[]]>'.repeat(size / 12)),
      value('<!---->'.repeat(size / 7)),
      value(`<double>${'1'.repeat(size)}x</double>`),
      value(`<int>${' '.repeat(size)}x</int>`),
      value(`<base64>${'='.repeat(size)}</base64>`),
      bytes(`<methodCall${' '.repeat(size)}x`),
      bytes(`<methodCall a="${'"a="'.repeat(size / 4)}`),
      bytes('<'.repeat(size)),
      bytes('<?'.repeat(size / 2)),
      bytes(' '.repeat(size)),
    ];
    const started = performance.now();
    for (const input of hostile) {
      try {
        parseCall(input);
      } catch (error) {
        assert.ok(error instanceof XmlRpcSyntaxError);
      }
    }
    // Quadratic work on a megabyte takes minutes; this takes well below a second on an idle machine.
    assert.ok(performance.now() - started < 20_000);
  });
});

describe('responses', () => {
  const { results, faults } = readVectors('responses.json') as Responses;

  for (const { name, value, xml } of results) {
    it(`writes: ${name}`, () => assert.equal(writeResponse(value), xml));
  }

  for (const { name, code, text, xml } of faults) {
    it(`writes: ${name}`, () => {
      assert.equal(writeFault(code, text), xml);
      assert.deepEqual(parseResponse(bytes(xml)), { kind: 'fault', code, text });
    });
  }

  it('embeds what is encoded already', () => {
    assert.equal(encodeValue([new EncodedValue('<int>1</int>')]), encodeValue([1]));
  });

  it('never writes half of a character', () => {
    assert.equal(encodeValue('a\ud800b\udc00c'), '<string>a?b?c</string>');
    assert.equal(encodeValue('🐍'), '<string>🐍</string>');
  });
});

const scalar = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Object.is(n, -0)),
);
const { value: anyValue } = fc.letrec<{ value: XmlRpcValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 4 }).map((members) => new Map(members)),
  ),
}));

/** What the wire makes of text: forbidden characters are replaced, line ends are `\n`. */
function asSent(value: XmlRpcValue): XmlRpcValue {
  if (typeof value === 'string') {
    return (
      value
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that are replaced.
        .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?')
        .replace(/\r\n?/g, '\n')
    );
  }
  if (value instanceof Map) return new Map([...value].map(([k, v]) => [String(asSent(k)), asSent(v)]));
  return Array.isArray(value) ? value.map(asSent) : value;
}

describe('properties', () => {
  it('any value comes back as it was sent', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        assert.deepEqual(parseCall(bytes(writeCall('a.b', [value]))).params, [asSent(value)]);
        assert.deepEqual(parseResponse(bytes(writeResponse(value))), {
          kind: 'result',
          value: asSent(value),
        });
      }),
    );
  });

  it('any bytes give a call or a typed error', () => {
    const pieces = [
      '<methodCall>',
      '</methodCall>',
      '<methodName>',
      'm',
      '</methodName>',
      '<params>',
      '<param>',
    ];
    const more = [
      '<value>',
      '</value>',
      '<int>',
      '1',
      '</int>',
      '&amp;',
      '&',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<',
    ];
    const soup = fc
      .array(fc.constantFrom(...pieces, ...more), { maxLength: 30 })
      .map((words) => bytes(words.join('')));
    const valid = bytes(writeCall('a.b', ['x', new Map([['k', [1]]])]));
    const damaged = fc
      .tuple(fc.nat(valid.length - 1), fc.uint8Array({ maxLength: 4 }))
      .map(([at, junk]) => Buffer.concat([valid.subarray(0, at), junk, valid.subarray(at + junk.length)]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), soup, damaged), (input) => {
        try {
          assert.equal(typeof parseCall(input).method, 'string');
        } catch (error) {
          assert.ok(error instanceof XmlRpcSyntaxError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
