import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { ProgramPlaces } from '../../src/host/program-places.ts';
import { needsSwitch, startSwitching } from '../../src/host/user-switch.ts';
import { SpawnError, type UserIdentity } from '../../src/supervisor/ports.ts';
import { ownDescriptors } from '../fixtures/own-descriptors.ts';

const web: UserIdentity = { name: 'web', uid: 33, gid: 34, groups: [34, 35] };
const plan = { uid: 33, gid: 34, groups: [34, 35], directory: undefined, file: '/bin/true' };
const { EACCES, ENOENT } = constants.errno;

function refusal(code: string, reason: string) {
  const message = `couldn't setuid to ${reason}`;
  return (error: unknown): boolean => {
    assert.ok(error instanceof SpawnError);
    assert.deepEqual([error.stage, error.code, error.message], ['user', code, message]);
    assert.equal(error.childText, `supervisor: ${message}\nsupervisor: child process was not spawned\n`);
    return true;
  };
}

test('root switches to others; the user that we are is not switched to, even without privilege', () => {
  assert.equal(needsSwitch(web, 0), true);
  assert.equal(needsSwitch(web, 33), false);
  assert.equal(needsSwitch({ ...web, uid: 0 }, 0), false);
});

test('somebody else without privilege is refused in the words of Supervisor', () => {
  assert.throws(() => needsSwitch(web, 1000), refusal('EPERM', "33: Can't drop privilege as nonroot user"));
});

test('the number that means "leave it as it is" is nobody, for the child would stay root', () => {
  const none = 0xffff_ffff;
  assert.throws(() => needsSwitch({ ...web, uid: none }, 0), refusal('EINVAL', `${none}: EINVAL`));
  assert.throws(
    () => needsSwitch({ ...web, gid: none }, 0),
    refusal('EINVAL', '33: Could not set group id of effective user'),
  );
});

test('when nothing was started, nothing is left open', () => {
  const before = ownDescriptors();
  const seen: string[] = [];
  const outcome = startSwitching(plan, 60_000, (path) => {
    seen.push(path);
    return -ENOENT;
  });
  assert.deepEqual(outcome, { kind: 'unstarted', errno: ENOENT, path: seen[0] });
  assert.match(seen[0] ?? '', /^\/proc\/self\/fd\/\d+$/);
  assert.deepEqual(ownDescriptors(), before);

  const broken = (): never => {
    throw new Error('no start');
  };
  assert.throws(() => startSwitching(plan, 60_000, broken), /no start/);
  assert.deepEqual(ownDescriptors(), before);
});

test('when every place refuses, each is named, and nothing is left open', () => {
  const before = ownDescriptors();
  const paths: string[] = [];
  const outcome = startSwitching(
    plan,
    60_000,
    (path) => {
      paths.push(path);
      return -EACCES;
    },
    new ProgramPlaces(),
  );
  assert.ok(outcome.kind === 'refused', outcome.kind);
  const places = outcome.refusals.map(({ place }) => place);
  assert.deepEqual(places, ['memory', '/dev/shm', '/run', '/tmp', '/var/tmp', dirname(process.execPath)]);
  const ran = outcome.refusals.filter(({ error }) => error.message === 'exec: EACCES');
  assert.equal(ran.length, paths.length);
  assert.deepEqual(ownDescriptors(), before);
});

test('the end of the pipe means that the program runs', () => {
  const before = ownDescriptors();
  // Nobody has the other end, as after an exec.
  assert.deepEqual(
    startSwitching(plan, 60_000, () => 4711),
    { kind: 'switched', pid: 4711 },
  );
  assert.deepEqual(ownDescriptors(), before);
});
