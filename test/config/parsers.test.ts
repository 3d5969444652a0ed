import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ConfigError, renderConfigError, ValueError } from '../../src/config/config-error.ts';
import { decodeText } from '../../src/config/decode-text.ts';
import { readDialect } from '../../src/config/dialect.ts';
import { parseEnvironment } from '../../src/config/environment.ts';
import { loadDaemonConfig } from '../../src/config/load.ts';
import { percentFormat } from '../../src/config/percent-format.ts';
import { splitCommand } from '../../src/config/shlex.ts';
import { memoryFiles, memoryWorld } from './memory-machine.ts';
import { PIECES } from './pieces.ts';

function load(text: string | Uint8Array) {
  return loadDaemonConfig({
    files: memoryFiles({ 's.conf': text }),
    world: memoryWorld(),
    path: 's.conf',
    overrides: {},
  });
}

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof ValueError) return error.message;
    throw error;
  }
}

test('any text of known pieces gives a configuration or a ConfigError with a line', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }), (pieces) => {
      try {
        load(`[supervisord]\n${pieces.join('')}`);
      } catch (error) {
        assert.ok(error instanceof ConfigError, String(error));
        assert.ok((error.line ?? 0) >= 1, error.message);
        assert.ok(renderConfigError(error, 'heraldd').startsWith(`Error: ${error.message}`));
      }
    }),
    { numRuns: 800 },
  );
});

test('any bytes give a configuration or a ConfigError with a line', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.throws(
        () => load(bytes),
        (error) => error instanceof ConfigError && (error.line ?? 0) >= 1,
      );
    }),
    { numRuns: 300 },
  );
});

test('names and values come through the reader of sections unchanged', () => {
  const word = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .map((text) => text.replace(/[\s\p{C}\p{Z}=:;#[\]]/gu, ''))
    .filter((text) => text !== '' && text.toLowerCase() === text && text !== 'default');
  fc.assert(
    fc.property(fc.uniqueArray(word, { maxLength: 6 }), word, word, (keys, section, value) => {
      const text = `[${section}]\n${keys.map((key) => `${key} = ${value}\n`).join('')}`;
      const read = readDialect(text, 'f').sections.get(section);
      assert.deepEqual(
        [...(read?.options ?? [])].map(([key, option]) => [key, option.value, option.line]),
        keys.map((key, index) => [key, value, index + 2]),
      );
    }),
    { numRuns: 300 },
  );
});

test('awkward names are sections and options like any other', () => {
  const names = ['__proto__', 'constructor', 'a.b', 'a\\.b', '10', '9', 'true', '$0041', "'q'"];
  const text = names.map((name) => `[${name}]\n__proto__=${name}\na[]=1\n7=x\n`).join('');
  const { sections } = readDialect(text, 'f');
  assert.deepEqual([...sections.keys()], names);
  for (const [name, { options }] of sections) {
    assert.deepEqual(
      [...options].map(([key, { value }]) => [key, value]),
      [
        ['__proto__', name],
        ['a[]', '1'],
        ['7', 'x'],
      ],
    );
  }
});

test('an option knows its line and the column of its value', () => {
  const { sections } = readDialect('[a]\n\n  key  =  v ;c\n    more\nother:x\n', 'f');
  const options = sections.get('a')?.options;
  assert.deepEqual(options?.get('key'), { value: 'v\nmore', file: 'f', line: 3, column: 11 });
  assert.deepEqual(options?.get('other'), { value: 'x', file: 'f', line: 5, column: 7 });
});

test('large files take time in proportion to their size', () => {
  const text = `[supervisord]\n${'a'.repeat(50)}=${' ;#x'.repeat(10)}\n`;
  const shapes = [
    text.repeat(20_000),
    `[supervisord]\nx=${';#'.repeat(500_000)}`,
    `[supervisord]\nx=${' '.repeat(1_000_000)}y`,
    `[supervisord]\nx=1\n${'  y\n'.repeat(200_000)}`,
    `[supervisord]\n${'[a\n'.repeat(100_000)}`,
    `[supervisord]\nidentifier=${'%%'.repeat(300_000)}`,
    `[supervisord]\nidentifier=${'%('.repeat(300_000)}`,
    `[supervisord]\nenvironment=A="${'\\"'.repeat(300_000)}`,
    `[supervisord]\nenvironment=${'A=1,'.repeat(100_000)}`,
    `[supervisord]\nminfds=${'1_'.repeat(300_000)}`,
  ];
  for (const shape of shapes) {
    const start = performance.now();
    try {
      load(shape);
    } catch (error) {
      assert.ok(error instanceof ConfigError, String(error));
    }
    const elapsed = performance.now() - start;
    assert.ok(elapsed < 20_000, `${elapsed} ms for ${shape.slice(0, 40)}`);
  }
});

test('percent formats follow Python', () => {
  const names = new Map<string, string | number>([
    ['a', "xé'z"],
    ['n', 7],
    ['m', -255],
  ]);
  const rows: readonly (readonly [string, string])[] = [
    ['%(n)5.3d|%(n)+d|%(m)#x|%(n)#o', '  007|+7|-0xff|0o7'],
    ['%(m)05d|%(m)#X|%(m)o', '-0255|-0XFF|-377'],
    ['%(n).3f|%(n)e|%(n)g|%(n)#g|%(n)010.2f|%(n)-5d|', '7.000|7.000000e+00|7|7.00000|0000007.00|7    |'],
    ['%(a)r|%(a)a|%(a).2s|%(a)6s|%(n)05s|%(n)c', `"xé'z"|"x\\xe9'z"|xé|  xé'z|    7|\u0007`],
    ['%s', `{'a': "xé'z", 'n': 7, 'm': -255}`],
    ['100%%%(n)ld', '100%7'],
  ];
  for (const [format, wanted] of rows) assert.equal(percentFormat(format, names), wanted, format);
  const errors: readonly (readonly [string, string])[] = [
    ['date +%Y', "unsupported format character 'Y' (0x59) at index 7"],
    ['%5%', "unsupported format character '%' (0x25) at index 2"],
    ['%€', "unsupported format character '?' (0x20ac) at index 1"],
    ['%', 'incomplete format'],
    ['%(n', 'incomplete format key'],
    ['%(n)s %s', 'not enough arguments for format string'],
    ['%(a)d', '%d format: a real number is required, not str'],
    ['%(a)x', '%x format: an integer is required, not str'],
    ['%f', 'must be real number, not dict'],
    ['%(a)c', '%c requires int or char'],
    ['%*d', '* wants int'],
    ['%(n)99999999999d', 'width too big'],
    ['%(zz)s', 'zz'],
  ];
  for (const [format, message] of errors)
    assert.throws(() => percentFormat(format, names), { message }, format);
});

test('commands are split like a POSIX shell would, without its operators', () => {
  const rows: readonly (readonly [string, unknown])[] = [
    [`a 'b c' "d e" f\\ g ''`, ['a', 'b c', 'd e', 'f g', '']],
    [`'\\d+\\n' \\d+ "\\d" "a\\\\b" c\\\\d`, ['\\d+\\n', 'd+', '\\d', 'a\\b', 'c\\d']],
    ['a"b"\'c\'d;e # f\n\tg', ['abcd;e', '#', 'f', 'g']],
    ['  ', []],
    ['a "b', 'No closing quotation'],
    ["'", 'No closing quotation'],
    ['a\\', 'No escaped character'],
    ['"a\\', 'No escaped character'],
  ];
  for (const [text, wanted] of rows)
    assert.deepEqual(
      outcome(() => splitCommand(text)),
      wanted,
      text,
    );
});

test('environment pairs mean what they mean in 4.2.5, and newer quoting is read where that refuses', () => {
  const rows: readonly (readonly [string, unknown])[] = [
    ['KEY="a,b",K2=x', { KEY: 'a,b', K2: 'x' }],
    ['A="a\\\\b"', { A: 'a\\\\b' }],
    ['A="say \\"hi\\", ok"', { A: 'say "hi", ok' }],
    [`A='{"k":"v"}'`, { A: '{"k":"v"}' }],
    ['__proto__=1', { ['__proto__']: '1' }],
    ['A="1" # c\n,B=2', { A: '1', B: '2' }],
    ['A', "Unexpected end of key/value pairs in value 'A'"],
  ];
  for (const [text, wanted] of rows) {
    const read = outcome(() => Object.fromEntries(parseEnvironment(text)));
    assert.deepEqual(read, wanted, text);
  }
});

test('bytes that are not UTF-8 are refused with the reason', () => {
  const rows: readonly (readonly [readonly number[], string])[] = [
    [[0x61, 0xff], "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte"],
    [[0xe2, 0x28], "'utf-8' codec can't decode byte 0xe2 in position 0: invalid continuation byte"],
    [[0xe2, 0x82], "'utf-8' codec can't decode bytes in position 0-1: unexpected end of data"],
    [[0xed, 0xa0, 0x80], "'utf-8' codec can't decode byte 0xed in position 0: invalid continuation byte"],
  ];
  for (const [bytes, message] of rows) assert.throws(() => decodeText(Uint8Array.from(bytes)), { message });
  assert.throws(
    () => load(Uint8Array.from([0x0a, 0x0a, 0xff])),
    (error) => error instanceof ConfigError && error.line === 3,
  );
});
