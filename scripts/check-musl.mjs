/**
 * Checks what src/host/libc takes for granted against musl's own headers and library, without a Node for musl:
 *
 *   apt-get install musl-tools        (or any other musl-gcc)
 *   node scripts/check-musl.mjs
 *
 * 1. Every function that is bound exists in musl's library.
 * 2. Sizes, offsets and constants are those that the bindings use.
 * 3. The spawn sequence of src/host/libc/spawn.ts, in C, in buffers of exactly the sizes used there: it must not
 *    write behind them, and the child must get its group, its signals, its folder and its descriptors.
 *
 * The constants are read from the sources, so the check follows them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const libc = join(dirname(fileURLToPath(import.meta.url)), '../src/host/libc');
const sources = readdirSync(libc).map((name) => readFileSync(join(libc, name), 'utf8'));
const source = sources.join('\n');

const functions = [
  ...new Set([...source.matchAll(/\bbind(?:Passwd)?\(\s*'(\w+)'/g)].map(([, name]) => name)),
].sort();
const checked = [...constants()];
const folder = mkdtempSync(join(tmpdir(), 'check-musl-'));
try {
  const file = join(folder, 'check.c');
  writeFileSync(file, program());
  run('musl-gcc', ['-static', '-Wall', '-o', join(folder, 'check'), file]);
  process.stdout.write(run(join(folder, 'check'), []));
  console.log(
    `${functions.length} functions and ${checked.length} constants fit musl, and the spawn sequence works`,
  );
} finally {
  rmSync(folder, { recursive: true });
}

/** C expression and the value that the bindings use; a constant that is gone from the sources is an error. */
function* constants() {
  yield ['sizeof(sigset_t)', number('SIGSET_BYTES')];
  yield ['sizeof(posix_spawn_file_actions_t)', number('FILE_ACTIONS_BYTES')];
  yield ['sizeof(posix_spawnattr_t)', number('ATTRIBUTES_BYTES')];
  for (const name of ['POSIX_SPAWN_SETPGROUP', 'POSIX_SPAWN_SETSIGDEF', 'POSIX_SPAWN_SETSIGMASK']) {
    yield [name, number(name)];
  }
  for (const name of ['O_CLOEXEC', 'O_NONBLOCK', 'F_GETFL', 'F_SETFL', 'LOCK_EX', 'LOCK_NB', 'WNOHANG']) {
    yield [name, number(name)];
  }
  yield ['PR_SET_CHILD_SUBREAPER', number('PR_SET_CHILD_SUBREAPER')];
  yield ['RLIMIT_NPROC', 6];
  yield ['RLIMIT_NOFILE', 7];
  yield ['sizeof(struct rlimit)', 16];
  yield ['sizeof(int)', 4];
  yield ['sizeof(pid_t)', 4];
  yield ['sizeof(long)', 8];
  yield ['sizeof(void *)', 8];
  yield ['offsetof(struct passwd, pw_uid)', 16];
  yield ['offsetof(struct passwd, pw_gid)', 20];
}

function number(name) {
  const found = new RegExp(`const ${name} = (\\w+);`).exec(source);
  if (found === null) throw new Error(`${name} is not in src/host/libc any more: mend this check`);
  return Number(found[1]);
}

function program() {
  const symbols = functions.map((name) => `  { "${name}", (void *)${name} },`).join('\n');
  // A buffer may be larger than the type, never smaller.
  const tests = checked
    .map(([text, value]) => {
      const operator = text.startsWith('sizeof(posix_spawn') ? '<=' : '==';
      return `  _Static_assert(${text} ${operator} ${value}, "${text}");`;
    })
    .join('\n');
  return `#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <sys/un.h>
#include <sys/mman.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <syslog.h>
#include <poll.h>

/* Linking fails for a function that musl lacks. */
static const struct { const char *name; void *address; } bound[] = {
${symbols}
};

#define CANARY 0x5a
static unsigned char actions[${number('FILE_ACTIONS_BYTES')} + 64], attributes[${number('ATTRIBUTES_BYTES')} + 64];

static void must(int ok, const char *what) {
  if (!ok) { printf("FAILED: %s\\n", what); exit(1); }
}

static void intact(const unsigned char *end, const char *what) {
  for (int i = 0; i < 64; i++) must(end[i] == CANARY, what);
}

int main(void) {
${tests}
  printf("bound: %zu\\n", sizeof bound / sizeof bound[0]);
  printf("sigset_t %zu, file_actions %zu, spawnattr %zu bytes\\n", sizeof(sigset_t),
         sizeof(posix_spawn_file_actions_t), sizeof(posix_spawnattr_t));
  memset(actions + ${number('FILE_ACTIONS_BYTES')}, CANARY, 64);
  memset(attributes + ${number('ATTRIBUTES_BYTES')}, CANARY, 64);
  unsigned char all[${number('SIGSET_BYTES')}] = {255, 254, 251, 255, 255, 255, 255, 255}, none[${number('SIGSET_BYTES')}] = {0};
  must(all[1] == 254 && all[2] == 251, "9 and 19 are left out");
  signal(SIGPIPE, SIG_IGN);
  posix_spawnattr_t *attr = (void *)attributes;
  posix_spawn_file_actions_t *act = (void *)actions;
  must(posix_spawnattr_init(attr) == 0, "init");
  must(posix_spawnattr_setflags(attr, ${0x02 | 0x04 | 0x08}) == 0, "flags");
  must(posix_spawnattr_setpgroup(attr, 0) == 0, "group");
  must(posix_spawnattr_setsigdefault(attr, (void *)all) == 0, "default");
  must(posix_spawnattr_setsigmask(attr, (void *)none) == 0, "mask");
  must(posix_spawn_file_actions_init(act) == 0, "actions");
  int ends[2];
  must(pipe2(ends, O_CLOEXEC) == 0, "pipe2");
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  must(posix_spawn_file_actions_adddup2(act, null, 0) == 0, "dup2 0");
  must(posix_spawn_file_actions_adddup2(act, ends[1], 1) == 0, "dup2 1");
  must(posix_spawn_file_actions_adddup2(act, ends[1], 2) == 0, "dup2 2");
  must(posix_spawn_file_actions_addchdir_np(act, "/usr") == 0, "chdir");
  /* No other program looks at the shell: while a shell starts one, it may hold back all signals. */
  char *argv[] = {"sh", "-c", "pwd; cut -d' ' -f5 /proc/$$/stat; echo $$; while read -r line; do case $line in SigBlk*|SigIgn*) echo \\"$line\\";; esac; done < /proc/$$/status; exit 7", 0};
  char *env[] = {"PATH=/usr/bin:/bin", 0};
  pid_t pid = 0;
  must(posix_spawn(&pid, "/bin/sh", act, attr, argv, env) == 0, "posix_spawn");
  posix_spawn_file_actions_destroy(act);
  intact(actions + ${number('FILE_ACTIONS_BYTES')}, "file actions overran their buffer");
  intact(attributes + ${number('ATTRIBUTES_BYTES')}, "attributes overran their buffer");
  close(ends[1]);
  char out[1024] = {0}, want[1024];
  for (int n, at = 0; (n = read(ends[0], out + at, sizeof out - at - 1)) > 0;) at += n;
  int status = 0;
  must(waitpid(-1, &status, 0) == pid && status == 7 << 8, "wait status");
  snprintf(want, sizeof want, "/usr\\n%d\\n%d\\nSigBlk:\\t0000000000000000\\nSigIgn:\\t0000000000000000\\n", pid, pid);
  if (strcmp(out, want) != 0) printf("got: %s\\nwanted: %s\\n", out, want);
  must(strcmp(out, want) == 0, "the child's surroundings");
  must(posix_spawnattr_init(attr) == 0 && posix_spawn(&pid, "/nonexistent", 0, attr, argv, env) == 2, "ENOENT is returned");
  return 0;
}
`;
}

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined)
    throw new Error(`${command}: ${error.message} (Debian: apt-get install musl-tools)`);
  if (status !== 0) throw new Error(`${command} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}
