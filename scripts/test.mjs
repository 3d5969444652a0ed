/**
 * The test command. On a bare machine with Node it sets up what the tests need and runs them all:
 *
 *   npm test                     everything
 *   npm test -- test/wire rpc    only files whose path contains one of these
 *   npm test -- --no-build       with dist/ as it is
 *
 * The peers that Herald is compared with come from Debian. Where apt and the right to use it are there, they are
 * installed; elsewhere the tests that need them are skipped, and the last lines say how many.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const words = process.argv.slice(2);
const wanted = words.filter((word) => !word.startsWith('--'));

/** Program on PATH → the Debian package that has it. */
const PEERS = {
  supervisord: 'supervisor',
  python3: 'python3',
  'musl-gcc': 'musl-tools',
  // For the machine code in src/host/switch-program, about 20 MB together.
  [process.arch === 'x64' ? 'qemu-aarch64' : 'qemu-x86_64']: 'qemu-user',
  'aarch64-linux-gnu-objdump': 'binutils-aarch64-linux-gnu',
  'x86_64-linux-gnu-objdump': 'binutils-x86-64-linux-gnu',
  chromium: 'chromium',
};

installPeers();
if (!words.includes('--no-build')) run(process.execPath, ['scripts/build.mjs']);
process.exitCode = await test(testFiles());

function installPeers() {
  const missing = Object.entries(PEERS).filter(([program]) => !onPath(program));
  if (missing.length === 0 || process.getuid?.() !== 0 || !onPath('apt-get')) return;
  const packages = [...new Set(missing.map(([, name]) => name))];
  console.log(`installing the peers that tests compare with: ${packages.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // A failure is no error here: the tests that need the peer are skipped and counted.
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env });
  // One by one, so that a package that is not to be had takes none of the others along.
  for (const name of packages) {
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], { stdio: 'ignore', env });
  }
}

function onPath(program) {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function testFiles() {
  const files = readdirSync(join(root, 'test'), { recursive: true })
    .map((name) => relative(root, join(root, 'test', String(name))))
    .filter((name) => name.endsWith('.test.ts'))
    .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
    .sort();
  if (files.length === 0) {
    console.error(`no test file matches ${wanted.join(' ')}`);
    process.exit(2);
  }
  return files;
}

/** Runs the files; returns the exit status. */
function test(files) {
  // Many tests wait for processes and timers: a few more files than cores keep the cores busy.
  const concurrency = Math.max(2, availableParallelism());
  const args = [
    '--import',
    'tsx',
    '--test',
    `--test-concurrency=${concurrency}`,
    // A file that hangs becomes a failure with a name. The longest takes two minutes, and more on a busy machine.
    '--test-timeout=600000',
    '--test-reporter=spec',
    ...files,
  ];
  const runner = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const counts = new Map();
  let rest = '';
  let missingPeers = 0;
  runner.stdout.setEncoding('utf8');
  runner.stdout.on('data', (text) => {
    process.stdout.write(text);
    missingPeers += text.split('is not installed').length - 1;
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      // The runner's own summary: `ℹ pass 12`.
      const [, what, count] = /^\S* ?(pass|fail|cancelled|skipped) (\d+)$/.exec(line) ?? [];
      if (what !== undefined) counts.set(what, Number(count));
    }
  });
  return new Promise((resolve) => {
    runner.on('close', (status) => {
      const count = (what) => counts.get(what) ?? 0;
      if (missingPeers > 0)
        console.log(`!!! ${missingPeers} TESTS SKIPPED BECAUSE A PEER IS NOT INSTALLED !!!`);
      console.log(
        `${count('pass')} passed, ${count('fail') + count('cancelled')} failed, ${count('skipped')} skipped`,
      );
      resolve(status === 0 && count('pass') > 0 ? 0 : (status ?? 1) || 1);
    });
  });
}
