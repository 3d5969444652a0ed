import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLineFormatter, type LineFormat, type LineOrigin } from '../../src/log/line-format.ts';

const ORIGIN: LineOrigin = { process: 'web_0', group: 'web', pid: 42, channel: 'stderr' };
/** Local time, whatever the zone. */
const WALL = new Date(2024, 0, 2, 3, 4, 5, 67).getTime();
const MOMENT = '2024-01-02 03:04:05,067';

function format(config: LineFormat, pieces: readonly Uint8Array[], maxBytes?: number): string {
  const formatter = createLineFormatter(config, ORIGIN, maxBytes);
  const parts = pieces.map((piece) => formatter.push(piece, WALL));
  return Buffer.concat([...parts, formatter.end(WALL)]).toString('latin1');
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

test('each line gets the prefix, the time, or both, and the last one an end', () => {
  const pieces = [text('one\ntw'), text('o\n\nthree')];
  assert.equal(
    format({ format: 'plain', prefix: 'web |' }, pieces),
    'web | one\nweb | two\nweb | \nweb | three\n',
  );
  assert.equal(
    format({ format: 'timestamp', prefix: '' }, pieces),
    `${MOMENT} one\n${MOMENT} two\n${MOMENT} \n${MOMENT} three\n`,
  );
  assert.equal(format({ format: 'timestamp', prefix: 'p:' }, [text('a\n')]), `${MOMENT} p: a\n`);
});

test('bytes that are not UTF-8 stay as they are, but for json', () => {
  const bytes = Uint8Array.of(97, 0xff, 10);
  assert.equal(format({ format: 'plain', prefix: '>' }, [bytes]), '> a\xff\n');
  assert.equal(
    JSON.parse(Buffer.from(format({ format: 'json', prefix: '' }, [bytes]), 'latin1').toString()).message,
    'a\ufffd',
  );
});

test('json is one object per line', () => {
  const lines = format({ format: 'json', prefix: '' }, [text('say "hi"\tthere\nx')])
    .trimEnd()
    .split('\n');
  const common = {
    time: new Date(WALL).toISOString(),
    process: 'web_0',
    group: 'web',
    pid: 42,
    channel: 'stderr',
  };
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [
      { ...common, message: 'say "hi"\tthere' },
      { ...common, message: 'x' },
    ],
  );
  assert.deepEqual(Object.keys(JSON.parse(lines[0] ?? '')), [
    'time',
    'process',
    'group',
    'pid',
    'channel',
    'message',
  ]);
});

test('a prefix is a field of json, and parts of a line say so', () => {
  const lines = format({ format: 'json', prefix: 'p' }, [text('abcdef\n')], 4)
    .trimEnd()
    .split('\n');
  const shown = lines
    .map((line) => JSON.parse(line))
    .map(({ prefix, message, partial }) => [prefix, message, partial]);
  assert.deepEqual(shown, [
    ['p', 'abcd', true],
    ['p', 'ef', undefined],
  ]);
});

test('nothing comes out before a line is complete, and every call gives whole lines', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<LineFormat['format']>('plain', 'timestamp', 'json'),
      fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 10 }),
      (name, pieces) => {
        const config: LineFormat = { format: name, prefix: 'x' };
        const formatter = createLineFormatter(config, ORIGIN);
        for (const piece of pieces) {
          const lines = formatter.push(piece, WALL);
          assert.equal(lines.length > 0, piece.includes(10));
          assert.ok(lines.length === 0 || lines.at(-1) === 10);
        }
        assert.equal(format(config, pieces), format(config, [Buffer.concat(pieces)]));
      },
    ),
  );
});
