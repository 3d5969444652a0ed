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

const ROW = /\| yes +\| `test\/oracle\/deviations\.ts`: "(.*)" +\|$/gm;
const table = readFileSync(new URL('../../protocol-spec/deviations.md', import.meta.url), 'utf8');
const switchable = new Set([...table.matchAll(ROW)].map(([, name]) => name));

describe('compat=supervisor', { concurrency: 2, ...needs('supervisord') }, () => {
  const chosen = scenarios.filter(({ deviation }) => switchable.has(deviation?.name));
  it('is claimed for rows that have a scenario', () => {
    const shown = new Set(chosen.map(({ deviation }) => deviation?.name));
    assert.ok(switchable.size >= 6);
    assert.deepEqual([...switchable].toSorted(), [...shown].toSorted());
  });
  for (const scenario of chosen) {
    it(scenario.name, { timeout: 300_000 }, async () => {
      const config = `${scenario.config}\n[herald]\ncompat=supervisor\n`;
      const supervisord = peer('supervisord');
      assert.ok(supervisord);
      await runScenario({ ...scenario, config }, [supervisord], [process.execPath, 'dist/heraldd.js'], true);
    });
  }
});
