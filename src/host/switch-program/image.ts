import { ARM64_CODE } from './arm64.ts';
import { X64_CODE } from './x64.ts';

/*
 * The program that a child of another user runs first: it becomes that user, enters the directory, and execs the
 * real program with the arguments and the environment that it was given itself. It is a static ELF file of well under
 * a kilobyte, put together here for each spawn, because nothing else can be counted on: a compiler where Herald is
 * installed, setpriv or a shell where it runs. It needs no C library, no memory but its stack, and no file.
 *
 * Layout of the file, which is mapped as it is, read-only and executable:
 *
 *     0x000  ELF header, 64 bytes
 *     0x040  two program headers of 56 bytes: the file itself; a stack that is not executable
 *     0x0b0  the code, see x64.ts and arm64.ts
 *     0x200  the plan: what differs from one spawn to the next
 *              +0   uid, 4 bytes
 *              +4   gid, 4 bytes
 *              +8   number of groups, 8 bytes
 *              +16  address of the directory, 8 bytes; 0: stay where we are
 *              +24  address of the path of the real program, 8 bytes
 *              +32  groups, 4 bytes each; then the two strings, each with its NUL
 *
 * When a step fails, the program writes a report of eight bytes to descriptor 3, the number of the step and
 * the error number, and exits with 127. When all have worked, it is gone, and the exec has closed the descriptor.
 */

/** Machine code in hexadecimal, and what it says. */
export type Instruction = readonly [code: string, text: string];

/** Two numbers of four bytes. */
export const REPORT_BYTES = 8;

/** The first is reported as 1. `descriptor`: the pipe could not be kept from the real program. */
export const SWITCH_STEPS = ['descriptor', 'groups', 'group', 'user', 'directory', 'exec'] as const;
export type SwitchStep = (typeof SWITCH_STEPS)[number];

export interface SwitchFailure {
  readonly step: SwitchStep;
  readonly errno: number;
}

export interface SwitchPlan {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly directory: string | undefined;
  /** The real program. Neither string contains a NUL. */
  readonly file: string;
}

/** By `process.arch`. `machine`: what the ELF header calls it. */
const MACHINES: Partial<Record<string, { machine: number; code: Uint8Array }>> = {
  x64: { machine: 62, code: assemble(X64_CODE, 'as written') },
  arm64: { machine: 183, code: assemble(ARM64_CODE, 'lowest first') },
};

/** A multiple of the largest page size, 64 KiB, and what the first instructions of the code say, less 0x200. */
const BASE = 0x40_0000;
const CODE = 0xb0;
const PLAN = 0x200;
const GROUPS = PLAN + 32;

const ET_EXEC = 2;
const PT_LOAD = 1;
const PT_GNU_STACK = 0x6474_e551;
const READ_EXECUTE = 5;
const READ_WRITE = 6;

export function switchImage(plan: SwitchPlan, arch: string = process.arch): Uint8Array {
  const target = MACHINES[arch];
  if (target === undefined) throw new Error(`users cannot be switched on ${arch}`);
  const file = cString(plan.file);
  const directory = plan.directory === undefined ? new Uint8Array() : cString(plan.directory);
  const fileAt = GROUPS + 4 * plan.groups.length;
  const directoryAt = fileAt + file.length;
  const image = new Uint8Array(directoryAt + directory.length);
  const view = new DataView(image.buffer);

  writeHeaders(view, target.machine);
  image.set(target.code, CODE);
  view.setUint32(PLAN, plan.uid, true);
  view.setUint32(PLAN + 4, plan.gid, true);
  setUint64(view, PLAN + 8, plan.groups.length);
  setUint64(view, PLAN + 16, plan.directory === undefined ? 0 : BASE + directoryAt);
  setUint64(view, PLAN + 24, BASE + fileAt);
  for (const [index, group] of plan.groups.entries()) view.setUint32(GROUPS + 4 * index, group, true);
  image.set(file, fileAt);
  image.set(directory, directoryAt);
  return image;
}

/** undefined: no report, or none that the program writes. */
export function readSwitchReport(bytes: Uint8Array): SwitchFailure | undefined {
  if (bytes.byteLength !== REPORT_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, REPORT_BYTES);
  const step = SWITCH_STEPS[view.getUint32(0, true) - 1];
  return step === undefined ? undefined : { step, errno: view.getUint32(4, true) };
}

/** The members of Elf64_Ehdr and Elf64_Phdr in their order. */
function writeHeaders(view: DataView, machine: number): void {
  // Magic number; 64 bits, lowest byte first, version 1, System V.
  for (const [at, byte] of [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1].entries()) view.setUint8(at, byte);
  view.setUint16(16, ET_EXEC, true);
  view.setUint16(18, machine, true);
  view.setUint32(20, 1, true);
  setUint64(view, 24, BASE + CODE);
  setUint64(view, 32, 64);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 2, true);

  view.setUint32(64, PT_LOAD, true);
  view.setUint32(68, READ_EXECUTE, true);
  setUint64(view, 80, BASE);
  setUint64(view, 88, BASE);
  setUint64(view, 96, view.byteLength);
  setUint64(view, 104, view.byteLength);
  setUint64(view, 112, 0x1_0000);

  view.setUint32(120, PT_GNU_STACK, true);
  view.setUint32(124, READ_WRITE, true);
  setUint64(view, 168, 16);
}

function setUint64(view: DataView, at: number, value: number): void {
  view.setBigUint64(at, BigInt(value), true);
}

function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

function assemble(instructions: readonly Instruction[], order: 'as written' | 'lowest first'): Uint8Array {
  return Uint8Array.from(
    instructions.flatMap(([code]) => {
      const bytes = [...code.replaceAll(' ', '').matchAll(/../g)].map(([pair]) => Number.parseInt(pair, 16));
      return order === 'as written' ? bytes : bytes.reverse();
    }),
  );
}
