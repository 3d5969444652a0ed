/**
 * What protocol-spec/deviations.md says of `[herald] compat=supervisor`: with it, the scenario of each row whose
 * column says yes shows on heraldd what it shows on supervisord.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { needs, peer } from '../peers.ts';
import { runScenario } from './run.ts';
import { scenarios } from './scenarios/index.ts';

const ROW = /\| yes +\| `test\/oracle\/scenarios\/[^`]+`: "(.*)" +\|$/gm;
const table = readFileSync(new URL('../../protocol-spec/deviations.md', import.meta.url), 'utf8');
const names = [...table.matchAll(ROW)].map(([, name = '']) => name);

describe('compat=supervisor', { concurrency: 2, ...needs('supervisord') }, () => {
  it('is claimed for the rows that have a scenario', () => {
    assert.ok(names.length >= 6, names.join());
  });
  for (const name of names) {
    it(name, { timeout: 60_000 }, async () => {
      const scenario = scenarios.find((one) => one.name === name || one.deviation?.name === name);
      assert.ok(scenario?.deviation);
      const config = `${scenario.config}\n[herald]\ncompat=supervisor\n`;
      const supervisord = peer('supervisord');
      assert.ok(supervisord);
      await runScenario({ ...scenario, config }, [supervisord], [process.execPath, 'dist/heraldd.js'], true);
    });
  }
});
