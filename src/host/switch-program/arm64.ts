import type { Instruction } from './image.ts';

/**
 * The program for arm64. Second column: what a disassembler makes of the first; a test compares them. Jumps name
 * offsets from the first instruction. Words are written as numbers, and stand in memory with their
 * lowest byte first. System calls: the number in x8, arguments in x0 to x4, the result in x0; all other registers
 * survive them.
 */
export const ARM64_CODE: readonly Instruction[] = [
  // x19: the plan. w20: the step that is under way, for the report.
  ['d2804013', 'mov x19, #0x200'],
  ['f2a00813', 'movk x19, #0x40, lsl #16'],
  ['52800014', 'mov w20, #0x0'],
  // 1: fcntl(3, F_SETFD, FD_CLOEXEC). The program must not have the pipe, and its exec is told by the end of it.
  ['11000694', 'add w20, w20, #0x1'],
  ['d2800328', 'mov x8, #0x19'],
  ['d2800060', 'mov x0, #0x3'],
  ['d2800041', 'mov x1, #0x2'],
  ['d2800022', 'mov x2, #0x1'],
  ['d4000001', 'svc #0x0'],
  ['37f80540', 'tbnz w0, #31, 0xcc'],
  // prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0). Fails only on kernels that have no such set.
  ['d28014e8', 'mov x8, #0xa7'],
  ['d28005e0', 'mov x0, #0x2f'],
  ['d2800081', 'mov x1, #0x4'],
  ['d2800002', 'mov x2, #0x0'],
  ['d2800003', 'mov x3, #0x0'],
  ['d2800004', 'mov x4, #0x0'],
  ['d4000001', 'svc #0x0'],
  // 2: setgroups(count, groups)
  ['11000694', 'add w20, w20, #0x1'],
  ['d28013e8', 'mov x8, #0x9f'],
  ['f9400660', 'ldr x0, [x19, #8]'],
  ['91008261', 'add x1, x19, #0x20'],
  ['d4000001', 'svc #0x0'],
  ['37f803a0', 'tbnz w0, #31, 0xcc'],
  // 3: setresgid(gid, gid, gid)
  ['11000694', 'add w20, w20, #0x1'],
  ['d28012a8', 'mov x8, #0x95'],
  ['b9400660', 'ldr w0, [x19, #4]'],
  ['2a0003e1', 'mov w1, w0'],
  ['2a0003e2', 'mov w2, w0'],
  ['d4000001', 'svc #0x0'],
  ['37f802c0', 'tbnz w0, #31, 0xcc'],
  // 4: setresuid(uid, uid, uid)
  ['11000694', 'add w20, w20, #0x1'],
  ['d2801268', 'mov x8, #0x93'],
  ['b9400260', 'ldr w0, [x19]'],
  ['2a0003e1', 'mov w1, w0'],
  ['2a0003e2', 'mov w2, w0'],
  ['d4000001', 'svc #0x0'],
  ['37f801e0', 'tbnz w0, #31, 0xcc'],
  // 5: chdir(directory), if there is one
  ['11000694', 'add w20, w20, #0x1'],
  ['f9400a60', 'ldr x0, [x19, #16]'],
  ['b4000080', 'cbz x0, 0xac'],
  ['d2800628', 'mov x8, #0x31'],
  ['d4000001', 'svc #0x0'],
  ['37f80120', 'tbnz w0, #31, 0xcc'],
  // 6: execve(file, argv, environment), the latter two as they are on the stack; does not return
  ['11000694', 'add w20, w20, #0x1'],
  ['d2801ba8', 'mov x8, #0xdd'],
  ['f9400e60', 'ldr x0, [x19, #24]'],
  ['910023e1', 'add x1, sp, #0x8'],
  ['f94003e2', 'ldr x2, [sp]'],
  ['8b020c22', 'add x2, x1, x2, lsl #3'],
  ['91002042', 'add x2, x2, #0x8'],
  ['d4000001', 'svc #0x0'],
  // Failed: write(3, {step, errno}, 8)
  ['4b0003e0', 'neg w0, w0'],
  ['29be03f4', 'stp w20, w0, [sp, #-16]!'],
  ['d2800808', 'mov x8, #0x40'],
  ['d2800060', 'mov x0, #0x3'],
  ['910003e1', 'mov x1, sp'],
  ['d2800102', 'mov x2, #0x8'],
  ['d4000001', 'svc #0x0'],
  // exit_group(127)
  ['d2800bc8', 'mov x8, #0x5e'],
  ['d2800fe0', 'mov x0, #0x7f'],
  ['d4000001', 'svc #0x0'],
];
