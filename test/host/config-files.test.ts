import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  lookupGroup,
  lookupUser,
  nodeConfigFiles,
  nodeWorld,
  unwaitingConfigFiles,
} from '../../src/host/config-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'herald-config-'));
after(() => rmSync(folder, { recursive: true, force: true }));

for (const name of ['b.conf', 'a.conf', '.hidden.conf', 'a1.conf', 'a-.conf', 'x/deep.conf', '[z].txt']) {
  mkdirSync(join(folder, 'x'), { recursive: true });
  writeFileSync(join(folder, name), name);
}
symlinkSync('nowhere', join(folder, 'dangling'));

test('patterns match as in Python: sorted, hidden files only when asked for', () => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['*.conf', ['a-.conf', 'a.conf', 'a1.conf', 'b.conf']],
    ['.*.conf', ['.hidden.conf']],
    ['[ab].conf', ['a.conf', 'b.conf']],
    ['[!a].conf', ['b.conf']],
    ['a[0-9].conf', ['a1.conf']],
    ['a[-x].conf', ['a-.conf']],
    ['a?.c*f', ['a-.conf', 'a1.conf']],
    ['*/*.conf', ['x/deep.conf']],
    ['**/deep.conf', ['x/deep.conf']],
    ['[[]z].txt', ['[z].txt']],
    ['[z].txt', []],
    ['dangling', ['dangling']],
    ['a.conf', ['a.conf']],
    ['none*', []],
    ['a.conf/*', []],
  ];
  for (const [pattern, names] of rows) {
    assert.deepEqual(
      nodeConfigFiles.glob(join(folder, pattern)),
      names.map((name) => join(folder, name)),
      pattern,
    );
  }
});

test('many stars do not take exponential time', () => {
  writeFileSync(join(folder, 'a'.repeat(200)), '');
  assert.deepEqual(nodeConfigFiles.glob(join(folder, `${'*a'.repeat(60)}b`)), []);
});

test('what cannot be read says why', () => {
  assert.equal(new TextDecoder().decode(nodeConfigFiles.read(join(folder, 'a.conf'))), 'a.conf');
  assert.throws(() => nodeConfigFiles.read(folder), { code: 'EISDIR' });
  assert.throws(() => nodeConfigFiles.read(join(folder, 'none')), { code: 'ENOENT' });
  assert.throws(() => nodeConfigFiles.read('/dev/zero'), { code: 'EFBIG' });
});

test('paths that cannot be looked at are not there', () => {
  assert.equal(nodeConfigFiles.exists(join(folder, 'a.conf')), true);
  assert.equal(nodeConfigFiles.exists(join(folder, 'a.conf', 'x')), false);
  assert.equal(nodeConfigFiles.exists('a\0b'), false);
  assert.equal(nodeConfigFiles.isDirectory(folder), true);
  assert.equal(nodeConfigFiles.isDirectory(join(folder, 'a.conf')), false);
});

test('users and groups are found by name and by number', () => {
  const passwd = join(folder, 'passwd');
  const group = join(folder, 'group');
  writeFileSync(passwd, 'root:x:0:0:root:/root:/bin/sh\nweb:x:1001:1002::/srv/web:/bin/sh\n');
  writeFileSync(group, 'root:x:0:\nweb:x:1002:root\n');
  const web = { name: 'web', uid: 1001, gid: 1002, home: '/srv/web' };
  assert.deepEqual(lookupUser('web', passwd), web);
  assert.deepEqual(lookupUser(1001, passwd), web);
  assert.equal(lookupUser('1001', passwd), undefined);
  assert.equal(lookupGroup('web', group), 1002);
  assert.equal(lookupGroup(7, group), undefined);
  assert.equal(lookupUser('web', join(folder, 'none')), undefined);
  assert.equal(nodeWorld().lookupUser(0)?.name, 'root');
  const far = { name: 'far', uid: 9, gid: 9 };
  assert.equal(nodeWorld(() => far).lookupUser('no-such-user-here')?.name, 'far');
});

test('a named pipe is read when somebody writes to it, and refused at once when nobody does', (t) => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  t.after(() => rmSync(pipe));
  assert.throws(() => nodeConfigFiles.read(pipe), { code: 'ENXIO', reason: 'a pipe that nobody writes to' });
  // This reader keeps what is in the pipe when its writer has gone.
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  t.after(() => closeSync(reader));
  writeFileSync(pipe, '[supervisord]\n');
  assert.equal(Buffer.from(nodeConfigFiles.read(pipe)).toString(), '[supervisord]\n');
});

test('who has programs to look after reads what a pipe has, and waits for nothing more', (t) => {
  const pipe = join(folder, 'silent-pipe');
  execFileSync('mkfifo', [pipe]);
  t.after(() => rmSync(pipe));
  // Its writer is there, and says nothing.
  const writer = openSync(pipe, constants.O_RDWR);
  const read = () => Buffer.from(unwaitingConfigFiles.read(pipe)).toString();
  const refusal = { code: 'EAGAIN', reason: /^a pipe whose text is not there yet/ };
  assert.throws(read, refusal);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  t.after(() => closeSync(reader));
  writeSync(writer, '[supervisord]\n');
  assert.throws(read, refusal, 'there may be more of it to come');
  writeSync(writer, '[supervisord]\n');
  closeSync(writer);
  assert.equal(read(), '[supervisord]\n');
});
