import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import type { IdTriple, ThreadCredentials } from '../../src/host/libc/credentials.ts';
import { asUser } from '../../src/host/user-switch.ts';
import { SpawnError, type UserIdentity } from '../../src/supervisor/ports.ts';

const web: UserIdentity = { name: 'web', uid: 33, gid: 34, groups: [34, 35] };
const { EPERM, EINVAL } = constants.errno;

type Step = 'setGroups' | 'setGroupIds' | 'setUsers';

/** A thread in memory. `failing` names the calls that fail, as `setUsers 33`. */
function fakeThread(uid: number, failing: Record<string, number> = {}) {
  const state = {
    users: [uid, uid, uid] as IdTriple,
    groupIds: [7, 7, 7] as IdTriple,
    groups: [7, 8] as readonly number[],
  };
  const outcome = (step: Step, first: number | undefined): number => -(failing[`${step} ${first}`] ?? 0);
  const thread: ThreadCredentials = {
    users: () => state.users,
    groupIds: () => state.groupIds,
    groups: () => state.groups,
    dropAmbient: () => undefined,
    setGroups: (groups) => {
      const result = outcome('setGroups', groups[0]);
      if (result === 0) state.groups = groups;
      return result;
    },
    setGroupIds: (ids) => {
      const result = outcome('setGroupIds', ids[0]);
      if (result === 0) state.groupIds = ids;
      return result;
    },
    setUsers: (ids) => {
      const result = outcome('setUsers', ids[0]);
      if (result === 0) state.users = ids;
      return result;
    },
  };
  return { state, thread };
}

const before = { users: [0, 0, 0], groupIds: [7, 7, 7], groups: [7, 8] };

function neverEnds(reason: string): never {
  assert.fail(`ended: ${reason}`);
}

test('the action runs as the user, and afterwards everything is as before', () => {
  const { state, thread } = fakeThread(0);
  const seen = asUser(web, () => ({ ...state }), thread, neverEnds);
  assert.deepEqual(seen, { users: [33, 33, 0], groupIds: [34, 34, 0], groups: [34, 35] });
  assert.deepEqual(state, before);
});

test('everything is as before when the action throws, too', () => {
  const { state, thread } = fakeThread(0);
  const action = (): never => {
    throw new Error('no program');
  };
  assert.throws(() => asUser(web, action, thread, neverEnds), /no program/);
  assert.deepEqual(state, before);
});

test('the user that we are is not switched to, even without privilege', () => {
  const { thread } = fakeThread(33, { 'setGroups 34': EPERM });
  assert.equal(
    asUser(web, () => 'ran', thread, neverEnds),
    'ran',
  );
});

test('somebody else without privilege is refused in the words of Supervisor', () => {
  const { thread } = fakeThread(1000);
  const message = "couldn't setuid to 33: Can't drop privilege as nonroot user";
  assert.throws(
    () => asUser(web, () => assert.fail('ran'), thread, neverEnds),
    (error) => {
      assert.ok(error instanceof SpawnError);
      assert.deepEqual([error.stage, error.code, error.message], ['user', 'EPERM', message]);
      assert.equal(error.childText, `supervisor: ${message}\nsupervisor: child process was not spawned\n`);
      return true;
    },
  );
});

for (const [step, reason] of [
  ['setGroups 34', 'Could not set groups of effective user'],
  ['setGroupIds 34', 'Could not set group id of effective user'],
  ['setUsers 33', 'EINVAL'],
] as const) {
  test(`a failed ${step} starts nothing and goes back`, () => {
    const { state, thread } = fakeThread(0, { [step]: EINVAL });
    assert.throws(
      () => asUser(web, () => assert.fail('ran'), thread, neverEnds),
      (error) =>
        error instanceof SpawnError &&
        error.stage === 'user' &&
        error.code === 'EINVAL' &&
        error.message === `couldn't setuid to 33: ${reason}`,
    );
    assert.deepEqual(state, before);
  });
}

for (const step of ['setUsers 0', 'setGroupIds 7', 'setGroups 7']) {
  test(`a failed way back (${step}) ends the process`, () => {
    const { thread } = fakeThread(0, { [step]: EPERM });
    const ended: string[] = [];
    const end = (reason: string): never => {
      ended.push(reason);
      throw new Error('the process has ended');
    };
    assert.throws(() => asUser(web, () => 'ran', thread, end), /has ended/);
    assert.deepEqual(ended, ['cannot return from user web: EPERM']);
  });
}
