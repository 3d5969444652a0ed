import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { ARM64_CODE } from '../../../src/host/switch-program/arm64.ts';
import {
  type Instruction,
  readSwitchReport,
  SWITCH_STEPS,
  type SwitchPlan,
  switchImage,
} from '../../../src/host/switch-program/image.ts';
import { X64_CODE } from '../../../src/host/switch-program/x64.ts';
import { needs, type PeerName } from '../../peers.ts';

const { EBADF, EINVAL, ENOENT, EPERM } = constants.errno;
const CODE_OFFSET = 0xb0;
const PLAN_OFFSET = 0x200;

const folder = mkdtempSync(join(tmpdir(), 'herald-switch-'));
after(() => rmSync(folder, { recursive: true }));

const isRoot = process.getuid?.() === 0;
const needsRoot = isRoot ? false : 'NOT TESTED: switching users needs root';

interface Architecture {
  readonly name: 'x64' | 'arm64';
  readonly code: readonly Instruction[];
  readonly objdump: PeerName;
  readonly disassembling: readonly string[];
  readonly emulator: PeerName;
}

const ARCHITECTURES: readonly Architecture[] = [
  {
    name: 'x64',
    code: X64_CODE,
    objdump: 'x86_64-linux-gnu-objdump',
    disassembling: ['-m', 'i386:x86-64', '-M', 'intel', '--insn-width=12'],
    emulator: 'qemu-x86_64',
  },
  {
    name: 'arm64',
    code: ARM64_CODE,
    objdump: 'aarch64-linux-gnu-objdump',
    disassembling: ['-m', 'aarch64'],
    emulator: 'qemu-aarch64',
  },
];

const nobodyElse: SwitchPlan = { uid: 1, gid: 1, groups: [], directory: undefined, file: '/bin/sh' };

for (const architecture of ARCHITECTURES) {
  const { name, code, objdump, disassembling, emulator } = architecture;

  test(`${name}: the code says what stands beside it`, needs(objdump), () => {
    const image = switchImage(nobodyElse, name);
    const file = join(folder, `${name}.code`);
    writeFileSync(file, image.subarray(CODE_OFFSET, PLAN_OFFSET));
    const { stdout } = spawnSync(objdump, ['-D', '-b', 'binary', ...disassembling, file], {
      encoding: 'utf8',
    });
    const found = [...stdout.matchAll(/^ *[0-9a-f]+:\t([0-9a-f ]+?) *\t(.*?)(?: *\/\/ .*)?$/gm)].map(
      ([, bytes, text = '']) => [bytes, text.replaceAll(/\s+/g, ' ').trim()],
    );
    assert.deepEqual(found.slice(0, code.length), code);
  });

  /** Runs the program as it would be run, with a descriptor 3, in an emulator where it is for another machine. */
  function run(plan: SwitchPlan, argv: readonly string[], third: 'pipe' | 'ignore' = 'pipe') {
    const file = join(folder, name);
    writeFileSync(file, switchImage(plan, name), { mode: 0o755 });
    const [argv0 = '', ...rest] = argv;
    const native = process.arch === name;
    const [program, words] = native ? [file, rest] : [emulator, ['-0', argv0, file, ...rest]];
    const done = spawnSync(program, words, {
      ...(native && { argv0 }),
      env: { PATH: process.env.PATH, GREETING: 'grüezi' },
      stdio: third === 'pipe' ? ['ignore', 'pipe', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe'],
    });
    const report = done.output[3] as Uint8Array | undefined | null;
    return {
      status: done.status,
      stdout: done.stdout.toString(),
      report: readSwitchReport(report ?? new Uint8Array()),
    };
  }

  describe(`${name}: the program`, needs(...(process.arch === name ? [] : [emulator])), () => {
    test('becomes the user and the real program', { skip: needsRoot }, () => {
      const plan: SwitchPlan = {
        uid: 12_345,
        gid: 54_321,
        groups: [54_321, 7, 4_000_000_000],
        directory: '/usr',
        file: '/bin/sh',
      };
      const script =
        'cat /proc/self/status; echo "$0|$1|$GREETING|$(pwd)"; [ ! -e /proc/self/fd/3 ]; exit $?';
      const { status, stdout, report } = run(plan, ['zero', '-c', script, 'ä', 'b'.repeat(100_000)]);
      assert.equal(report, undefined);
      const line = (of: string): string | undefined =>
        new RegExp(`^${of}:\\s*(.*?)\\s*$`, 'm').exec(stdout)?.[1];
      assert.equal(line('Uid'), '12345\t12345\t12345\t12345');
      assert.equal(line('Gid'), '54321\t54321\t54321\t54321');
      assert.equal(line('Groups'), '7 54321 4000000000');
      for (const set of ['CapPrm', 'CapEff', 'CapAmb']) assert.equal(line(set), '0'.repeat(16), set);
      assert.equal(stdout.trimEnd().split('\n').at(-1), `ä|${'b'.repeat(100_000)}|grüezi|/usr`);
      assert.equal(status, 0);
    });

    test('stays where it is when no directory is named', { skip: needsRoot }, () => {
      const { stdout } = run({ ...nobodyElse, groups: [1] }, ['sh', '-c', 'pwd; id -G']);
      assert.equal(stdout, `${process.cwd()}\n1\n`);
    });

    test('reports groups that cannot be set', () => {
      const groups = isRoot ? Array.from({ length: 65_537 }, () => 1) : [];
      const { status, stdout, report } = run({ ...nobodyElse, groups }, ['sh', '-c', 'echo ran']);
      assert.deepEqual(report, { step: 'groups', errno: isRoot ? EINVAL : EPERM });
      assert.deepEqual([status, stdout], [127, '']);
    });

    test('reports a directory that is not there, and a program', { skip: needsRoot }, () => {
      const missing = join('/', 'no', 'such');
      const lost = run({ ...nobodyElse, directory: missing }, ['sh', '-c', 'echo ran']);
      assert.deepEqual(lost, { status: 127, stdout: '', report: { step: 'directory', errno: ENOENT } });
      const gone = run({ ...nobodyElse, directory: '/', file: missing }, ['sh', '-c', 'echo ran']);
      assert.deepEqual(gone, { status: 127, stdout: '', report: { step: 'exec', errno: ENOENT } });
    });

    test('goes no further without the pipe', () => {
      const { status, stdout } = run(nobodyElse, ['sh', '-c', 'echo ran'], 'ignore');
      assert.deepEqual([status, stdout], [127, '']);
    });
  });
}

test('a report is a step and an error number, and nothing else is one', () => {
  for (const [index, step] of SWITCH_STEPS.entries()) {
    const report = Uint8Array.of(index + 1, 0, 0, 0, EBADF, 0, 0, 0);
    assert.deepEqual(readSwitchReport(report), { step, errno: EBADF });
    assert.equal(readSwitchReport(report.subarray(0, 7)), undefined);
  }
  assert.equal(readSwitchReport(Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0)), undefined);
  assert.equal(readSwitchReport(Uint8Array.of(7, 0, 0, 0, 1, 0, 0, 0)), undefined);
});

test('there are two architectures', () => {
  assert.throws(() => switchImage(nobodyElse, 'riscv64'), /users cannot be switched on riscv64/);
});
