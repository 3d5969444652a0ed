/**
 * Runs the black-box conformance cases for supervisord-like daemons against the built programs, where their
 * folder is there. A case may fail only when test/conformance/expected-failures.json names it with its reason.
 *
 *   node scripts/conformance.mjs [run.py options, as -k events.]
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const suite = join(root, '../shared/conformance/run.py');
const expected = JSON.parse(readFileSync(join(root, 'test/conformance/expected-failures.json'), 'utf8'));

if (!existsSync(suite)) {
  console.log('the conformance cases are not here: nothing to run');
  process.exit(0);
}

const options = process.argv.slice(2);
const failures = new Map();
let passed = 0;
const runner = spawn(suite, options.length > 0 ? options : ['-j', '3'], {
  cwd: root,
  env: { ...process.env, DAEMON: 'node dist/heraldd.js', CTL: 'node dist/heraldctl.js' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
for await (const line of createInterface({ input: runner.stdout })) {
  const failure = /^FAIL (\S+?): (.*)$/.exec(line);
  if (failure) failures.set(failure[1], failure[2]);
  if (line.startsWith('PASS ')) passed++;
}

let unexplained = 0;
for (const [name, reason] of failures) {
  const known = expected[name];
  if (known === undefined) unexplained++;
  console.log(known === undefined ? `FAIL ${name}: ${reason}` : `expected ${name}: ${known}`);
}
console.log(
  `conformance: ${passed} passed, ${failures.size} failed, ${failures.size - unexplained} of them expected`,
);
process.exitCode = unexplained > 0 || passed === 0 ? 1 : 0;
