import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeReply, encodeCall } from '../../src/sdk/client-codec.ts';
import { InvalidReplyError, RpcFaultError } from '../../src/sdk/client-errors.ts';
import { faultXml, valueXml } from './rpc-server.ts';

const decode = (xml: string) => decodeReply('some.method', Buffer.from(xml));

/** The XML of a call's only parameter. */
function parameter(value: unknown): string {
  const [, xml = ''] = /<param><value>(.*)<\/value><\/param>/s.exec(encodeCall('m', [value])) ?? [];
  return xml;
}

test('whole numbers travel as int, others as double', () => {
  assert.equal(parameter(7), '<int>7</int>');
  assert.equal(parameter(-(2 ** 31)), '<int>-2147483648</int>');
  assert.equal(parameter(2 ** 40), '<int>1099511627776</int>');
  assert.equal(parameter(1.5), '<double>1.5</double>');
  assert.equal(parameter(true), '<boolean>1</boolean>');
});

test('text that XML 1.0 has no form for travels as base64, which Supervisor reads as UTF-8', () => {
  assert.equal(parameter('\x1b[0mé'), `<base64>${Buffer.from('\x1b[0mé').toString('base64')}</base64>`);
  assert.equal(parameter('plain é 🐢\t\n'), '<string>plain é 🐢\t\n</string>');
  assert.equal(parameter(''), '<string/>');
});

test('markup in a string stays text', () => {
  assert.match(parameter('a<b&c]]>d'), /^<string><!\[CDATA\[a<b&c\]\]/);
});

test('what XML-RPC cannot carry is refused with the place it stands at', () => {
  for (const value of [undefined, null, Number.NaN, Infinity, 2 ** 53, () => 1, 10n]) {
    assert.throws(() => encodeCall('m', ['x', value]), {
      name: 'TypeError',
      message: /^parameter 2 of m is /,
    });
  }
  assert.throws(() => encodeCall('m', [{ a: [undefined] }]), {
    message: /^parameter 1 of m, member a, is undefined/,
  });
  assert.throws(() => encodeCall('m\0', []), TypeError);
});

test('a structure that holds itself is refused instead of exhausting the stack', () => {
  const loop: unknown[] = [];
  loop.push(loop);
  assert.throws(() => encodeCall('m', [loop]), { message: /nested too deeply/ });
});

test('replies in Supervisor layout give their values', async () => {
  assert.equal(await decode(valueXml('<string>a &lt;b&gt; é🐢</string>')), 'a <b> é🐢');
  assert.equal(await decode(valueXml('<string></string>')), '');
  assert.equal(await decode(valueXml('')), '');
  assert.deepEqual(await decode(valueXml('<base64>aMOp</base64>')), Buffer.from('hé'));
  assert.equal(await decode(valueXml('<int>-5</int>')), -5);
  assert.equal(await decode(valueXml('<boolean>0</boolean>')), false);
  assert.deepEqual(
    await decode(valueXml('<array><data>\n<value><int>1</int></value>\n</data></array>')),
    [1],
  );
});

test('raw control characters, as supervisord sends them from coloured logs, arrive', async () => {
  assert.equal(await decode(valueXml('<string>\x1b[31mred\x1b[0m\0</string>')), '\x1b[31mred\x1b[0m\0');
});

test('text longer than any buffer of the parser arrives whole', async () => {
  const text = 'é & 🐢 '.repeat(30_000);
  assert.equal(await decode(valueXml(`<string>${text.replaceAll('&', '&amp;')}</string>`)), text);
});

test('a fault is told by code, name and detail', async () => {
  await assert.rejects(decode(faultXml(10, 'BAD_NAME: a:b')), (error) => {
    assert.ok(error instanceof RpcFaultError);
    const { code, name, detail, method, faultString } = error;
    assert.deepEqual([code, name, detail, method], [10, 'BAD_NAME', 'a:b', 'some.method']);
    assert.equal(faultString, 'BAD_NAME: a:b');
    return true;
  });
  await assert.rejects(decode(faultXml(6, 'SHUTDOWN_STATE')), { name: 'SHUTDOWN_STATE', detail: '' });
  await assert.rejects(decode(faultXml(999, 'it hurts')), { name: 'UNKNOWN', detail: 'it hurts', code: 999 });
});

test('what is no response is told as that', async () => {
  const cut = valueXml('<string>abc</string>').slice(0, 90);
  const emptyFault = '<methodResponse><fault></fault></methodResponse>';
  for (const xml of [
    emptyFault,
    '',
    'hello',
    '<html><body>hi</body></html>',
    cut,
    '<methodResponse><params></params></methodResponse>',
  ])
    await assert.rejects(decode(xml), InvalidReplyError, xml);
});

test('any bytes settle as a value or as one of the two errors', async () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom(
      '<methodResponse>',
      '<params>',
      '<value>',
      '</value>',
      '<struct>',
      '<name>',
      '<fault>',
      '<int>',
      '&#x',
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
      await decode(pieces.join('')).catch((error: unknown) => {
        assert.ok(error instanceof InvalidReplyError || error instanceof RpcFaultError);
      });
    }),
    { numRuns: 300 },
  );
});
