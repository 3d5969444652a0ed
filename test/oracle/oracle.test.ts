/**
 * The same configuration and the same script against Debian's supervisord and against heraldd; what listeners,
 * clients and log files see must be the same, except for the deviations that have a name.
 *
 * ORACLE and HERALDD are the two commands (words separated by blanks). When both are the same, the test asks
 * whether the scenarios themselves are deterministic: then no deviation is expected.
 * ORACLE_ONLY runs only the scenarios whose name contains it, or one of several texts separated by |; ORACLE_SHOW=1 prints what supervisord has shown.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { peer } from '../peers.ts';
import { runScenario } from './run.ts';
import { scenarios } from './scenarios/index.ts';

const oracle = process.env.ORACLE?.split(' ') ?? singleton(peer('supervisord'));
const herald = process.env.HERALDD?.split(' ') ?? [process.execPath, 'dist/heraldd.js'];
const only = (process.env.ORACLE_ONLY ?? '').split('|');

describe('heraldd behaves like supervisord', {
  concurrency: 6,
  skip: oracle === undefined && 'peer supervisord is not installed',
}, () => {
  it('has a name of its own for each scenario', () => {
    const names = scenarios.map((scenario) => scenario.name);
    assert.equal(new Set(names).size, names.length);
  });
  for (const scenario of scenarios.filter(({ name }) => only.some((text) => name.includes(text)))) {
    it(scenario.name, { timeout: 300_000 }, async (t) => {
      assert.ok(oracle);
      const transcript = await runScenario(scenario, oracle, herald);
      if (process.env.ORACLE_SHOW === '1') t.diagnostic(JSON.stringify(transcript, undefined, 1));
    });
  }
});

function singleton(program: string | undefined): readonly string[] | undefined {
  return program === undefined ? undefined : [program];
}
