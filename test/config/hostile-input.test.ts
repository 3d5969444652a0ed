/**
 * Files that nobody would write, read by the daemon as it is shipped: it refuses them with exit status 2 and two
 * lines, without a stack trace, and without filling the memory. Some are only unusual, and are accepted.
 */
import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const HERALDD = fileURLToPath(new URL('../../dist/heraldd.js', import.meta.url));
const MEGABYTE = 1024 * 1024;
/** Of the heap, for files of up to 17 MB. Node ends with a fatal error, not with status 2, when it is not enough. */
const HEAP_MB = 400;

const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
after(() => rmSync(folder, { recursive: true }));

const HEAD = '[supervisord]\nnodaemon=true\n';
const bytes = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

/** Name → content and what stderr begins with. */
const REFUSED: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
  'an empty file': [bytes(''), /does not include supervisord section/],
  '10 MB of one letter': [Buffer.alloc(10 * MEGABYTE, 'a'), /contains no section headers/],
  '1 MB of one letter in a section': [bytes(HEAD, 'a'.repeat(MEGABYTE)), /contains parsing errors/],
  '10 MB of lines without a delimiter': [bytes(HEAD, 'x\n'.repeat(5 * MEGABYTE)), /contains parsing errors/],
  '1 MB of brackets': [bytes(HEAD, '['.repeat(MEGABYTE)), /contains parsing errors/],
  '1 MB of percent signs': [
    bytes(HEAD, '[program:x]\ncommand=', '%'.repeat(MEGABYTE - 1), '\n'),
    /is badly formatted/,
  ],
  '1 MB of an environment that never ends': [
    bytes(HEAD, 'environment=', 'A=1,'.repeat(MEGABYTE / 4), 'B\n'),
    /Unexpected end of key\/value pairs/,
  ],
  'a file above the limit': [Buffer.alloc(17 * MEGABYTE, '#'), /could not read config file/],
  'NUL bytes': [Buffer.alloc(4096), /contains no section headers/],
  'a NUL in a path': [bytes(HEAD, 'logfile=/tmp/a\0b/c.log\n'), /NUL character in a value/],
  'a NUL in an include': [bytes(HEAD, '[include]\nfiles=a\0b.conf\nx\n'), /parsing errors/],
  'a byte order mark': [bytes([0xef, 0xbb, 0xbf], HEAD), /contains no section headers/],
  'UTF-16': [Buffer.from(HEAD, 'utf16le'), /./],
  'invalid UTF-8': [
    bytes(HEAD, '[program:x]\ncommand=/bin/cat ', [0xff, 0xfe], '\n'),
    /can't decode byte 0xff/,
  ],
  'a cut off UTF-8 sequence': [
    bytes(HEAD, '[program:x]\ncommand=/bin/cat ', [0xe2, 0x82]),
    /can't decode byte/,
  ],
  'a lone surrogate': [
    bytes(HEAD, '[program:x]\ncommand=', [0xed, 0xa0, 0x80], '\n'),
    /can't decode byte 0xed/,
  ],
  'an executable': [
    bytes([0x7f], 'ELF', [2, 1, 1, 0], Buffer.alloc(64).toString(), '\n'),
    /no section headers/,
  ],
  'a carriage return alone': [bytes('[supervisord]\rnodaemon=maybe\r'), /not a valid boolean value: 'maybe'/],
  'CRLF and a wrong value': [
    bytes('[supervisord]\r\nnodaemon=true\r\nminfds=few\r\n'),
    /invalid literal for int\(\) with base 10: 'few' /,
  ],
  'names of objects': [bytes(HEAD, '[program:__proto__]\nstartsecs=1\n'), /does not specify a command/],
};

const ACCEPTED: Readonly<Record<string, Buffer>> = {
  CRLF: bytes('[supervisord]\r\nnodaemon=true\r\n'),
  tabs: bytes('[supervisord]\n\t; a comment\nnodaemon\t=\ttrue\t\n'),
  'no newline at the end': bytes('[supervisord]\nnodaemon=true'),
  '10 MB of comments': bytes(HEAD, '# nothing\n'.repeat(MEGABYTE)),
  'a hundred thousand sections of somebody else': bytes(
    HEAD,
    Array.from({ length: 100_000 }, (_, index) => `[other${index}]\na=1\n`).join(''),
  ),
};

describe('refused', () => {
  for (const [name, [content, expected]] of Object.entries(REFUSED)) {
    test(name, () => {
      const { status, signal, stdout, stderr } = heraldd(content);
      assert.deepEqual(
        { status, signal, stdout },
        { status: 2, signal: null, stdout: '' },
        stderr.slice(0, 2000),
      );
      assert.ok(stderr.length < 10_000, `${stderr.length} characters`);
      assert.match(stderr, expected);
      assert.ok(stderr.startsWith('Error: '), stderr.slice(0, 200));
      assert.match(stderr, /\nFor help, use \S+ -h\n$/);
      assert.doesNotMatch(stderr, /^ {4}at /m);
    });
  }
});

describe('accepted', () => {
  for (const [name, content] of Object.entries(ACCEPTED)) {
    test(name, () => {
      // A second, refused file behind it: what is read of the first is known to be good without a daemon to stop.
      const { status, stderr } = heraldd(bytes(content.toString('latin1'), '\n[program:last]\n'));
      assert.equal(status, 2);
      assert.match(stderr, /^Error: program section program:last does not specify a command/);
    });
  }
});

let count = 0;

function heraldd(content: Buffer): SpawnSyncReturns<string> {
  const file = join(folder, `${count++}.conf`);
  writeFileSync(file, content);
  return spawnSync(process.execPath, [`--max-old-space-size=${HEAP_MB}`, HERALDD, '-n', '-c', file], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 180_000,
    maxBuffer: 256 * MEGABYTE,
  });
}
