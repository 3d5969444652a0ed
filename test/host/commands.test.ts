import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { resolveCommand } from '../../src/host/commands.ts';
import { bind } from '../../src/host/libc/library.ts';

function room(t: TestContext): (name: string, mode?: number) => string {
  const folder = mkdtempSync(join(tmpdir(), 'herald-cmd-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  return (name, mode) => {
    const path = join(folder, name);
    if (mode === undefined) mkdirSync(path, { recursive: true });
    else writeFileSync(path, '');
    if (mode !== undefined) chmodSync(path, mode);
    return path;
  };
}

const refusal = (fault: 'NO_FILE' | 'NOT_EXECUTABLE', message: string) => ({
  name: 'CommandError',
  fault,
  message,
});

test('a word with a slash is taken as it is', (t) => {
  const make = room(t);
  const file = make('run', 0o755);
  assert.equal(resolveCommand(file, '/nowhere'), file);
});

test('refusals have the texts of Supervisor', (t) => {
  const make = room(t);
  const folder = make('folder');
  const plain = make("it's", 0o644);
  assert.throws(() => resolveCommand('/no/such', ''), refusal('NO_FILE', "can't find command '/no/such'"));
  assert.throws(() => resolveCommand('nosuch', folder), refusal('NO_FILE', "can't find command 'nosuch'"));
  assert.throws(
    () => resolveCommand(folder, ''),
    refusal('NOT_EXECUTABLE', `command at '${folder}' is a directory`),
  );
  assert.throws(
    () => resolveCommand(plain, ''),
    refusal('NOT_EXECUTABLE', `command at "${plain}" is not executable`),
  );
  assert.throws(() => resolveCommand('', ''), refusal('NOT_EXECUTABLE', 'command is empty'));
});

test('the first thing of that name on the path wins, even when it cannot be run', (t) => {
  const make = room(t);
  const [a, b, c] = [make('a'), make('b'), make('c')];
  const good = make('b/tool', 0o755);
  assert.equal(resolveCommand('tool', `${a}:${b}:${c}`), good);
  assert.equal(resolveCommand('tool', `${a}:${b}/:${c}`), `${b}/tool`);
  const home = process.cwd();
  process.chdir(b);
  try {
    assert.equal(resolveCommand('tool', `${a}::${c}`), 'tool');
  } finally {
    process.chdir(home);
  }
  const folder = make('a/tool');
  assert.throws(
    () => resolveCommand('tool', `${a}:${b}`),
    refusal('NOT_EXECUTABLE', `command at '${folder}' is a directory`),
  );
});

test('a file that others may run and we may not', (t) => {
  const make = room(t);
  const isRoot = process.geteuid?.() === 0;
  const setresuid = bind('setresuid', 'int', ['uint', 'uint', 'uint']);
  // Somebody else's file for a user who is nobody (access(2) asks about the real user); else our own, denied to us.
  const file = make('tool', isRoot ? 0o700 : 0o001);
  if (isRoot) assert.equal(setresuid(65_534, 65_534, 0), 0);
  try {
    assert.throws(
      () => resolveCommand(file, ''),
      refusal('NOT_EXECUTABLE', `no permission to run command '${file}'`),
    );
  } finally {
    if (isRoot) assert.equal(setresuid(0, 0, 0), 0);
  }
});
