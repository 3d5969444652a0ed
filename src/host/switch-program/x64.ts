import type { Instruction } from './image.ts';

/**
 * The program for x64. Second column: what a disassembler makes of the first; a test compares them. Jumps name
 * offsets from the first instruction. System calls: the number in eax, arguments in rdi, rsi, rdx,
 * r10, r8, the result in rax; all other registers that are used here survive them.
 */
export const X64_CODE: readonly Instruction[] = [
  // rbx: the plan. ebp: the step that is under way, for the report.
  ['bb 00 02 40 00', 'mov ebx,0x400200'],
  ['31 ed', 'xor ebp,ebp'],
  // 1: fcntl(3, F_SETFD, FD_CLOEXEC). The program must not have the pipe, and its exec is told by the end of it.
  ['ff c5', 'inc ebp'],
  ['b8 48 00 00 00', 'mov eax,0x48'],
  ['bf 03 00 00 00', 'mov edi,0x3'],
  ['be 02 00 00 00', 'mov esi,0x2'],
  ['ba 01 00 00 00', 'mov edx,0x1'],
  ['0f 05', 'syscall'],
  ['85 c0', 'test eax,eax'],
  ['0f 88 86 00 00 00', 'js 0xad'],
  // prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0). Fails only on kernels that have no such set.
  ['b8 9d 00 00 00', 'mov eax,0x9d'],
  ['bf 2f 00 00 00', 'mov edi,0x2f'],
  ['be 04 00 00 00', 'mov esi,0x4'],
  ['31 d2', 'xor edx,edx'],
  ['45 31 d2', 'xor r10d,r10d'],
  ['45 31 c0', 'xor r8d,r8d'],
  ['0f 05', 'syscall'],
  // 2: setgroups(count, groups)
  ['ff c5', 'inc ebp'],
  ['b8 74 00 00 00', 'mov eax,0x74'],
  ['48 8b 7b 08', 'mov rdi,QWORD PTR [rbx+0x8]'],
  ['48 8d 73 20', 'lea rsi,[rbx+0x20]'],
  ['0f 05', 'syscall'],
  ['85 c0', 'test eax,eax'],
  ['78 58', 'js 0xad'],
  // 3: setresgid(gid, gid, gid)
  ['ff c5', 'inc ebp'],
  ['b8 77 00 00 00', 'mov eax,0x77'],
  ['8b 7b 04', 'mov edi,DWORD PTR [rbx+0x4]'],
  ['89 fe', 'mov esi,edi'],
  ['89 fa', 'mov edx,edi'],
  ['0f 05', 'syscall'],
  ['85 c0', 'test eax,eax'],
  ['78 44', 'js 0xad'],
  // 4: setresuid(uid, uid, uid)
  ['ff c5', 'inc ebp'],
  ['b8 75 00 00 00', 'mov eax,0x75'],
  ['8b 3b', 'mov edi,DWORD PTR [rbx]'],
  ['89 fe', 'mov esi,edi'],
  ['89 fa', 'mov edx,edi'],
  ['0f 05', 'syscall'],
  ['85 c0', 'test eax,eax'],
  ['78 31', 'js 0xad'],
  // 5: chdir(directory), if there is one
  ['ff c5', 'inc ebp'],
  ['48 8b 7b 10', 'mov rdi,QWORD PTR [rbx+0x10]'],
  ['48 85 ff', 'test rdi,rdi'],
  ['74 0b', 'je 0x92'],
  ['b8 50 00 00 00', 'mov eax,0x50'],
  ['0f 05', 'syscall'],
  ['85 c0', 'test eax,eax'],
  ['78 1b', 'js 0xad'],
  // 6: execve(file, argv, environment), the latter two as they are on the stack; does not return
  ['ff c5', 'inc ebp'],
  ['b8 3b 00 00 00', 'mov eax,0x3b'],
  ['48 8b 7b 18', 'mov rdi,QWORD PTR [rbx+0x18]'],
  ['48 8d 74 24 08', 'lea rsi,[rsp+0x8]'],
  ['48 8b 14 24', 'mov rdx,QWORD PTR [rsp]'],
  ['48 8d 54 d4 10', 'lea rdx,[rsp+rdx*8+0x10]'],
  ['0f 05', 'syscall'],
  // Failed: write(3, {step, errno}, 8)
  ['f7 d8', 'neg eax'],
  ['48 c1 e0 20', 'shl rax,0x20'],
  ['48 09 e8', 'or rax,rbp'],
  ['50', 'push rax'],
  ['b8 01 00 00 00', 'mov eax,0x1'],
  ['bf 03 00 00 00', 'mov edi,0x3'],
  ['48 89 e6', 'mov rsi,rsp'],
  ['ba 08 00 00 00', 'mov edx,0x8'],
  ['0f 05', 'syscall'],
  // exit_group(127)
  ['b8 e7 00 00 00', 'mov eax,0xe7'],
  ['bf 7f 00 00 00', 'mov edi,0x7f'],
  ['0f 05', 'syscall'],
];
