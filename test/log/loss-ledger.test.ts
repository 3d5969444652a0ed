import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLossLedger, REPORT_INTERVAL } from '../../src/log/loss-ledger.ts';

test('a loss is told at once, and its end at once with the total', () => {
  const ledger = createLossLedger("'/x'");
  assert.match(ledger.lost(5, 'ENOSPC', 0) ?? '', /^cannot write to log '\/x' \(ENOSPC\)/);
  assert.equal(ledger.lost(5, 'ENOSPC', 1), undefined);
  assert.match(ledger.worked(2) ?? '', /works again, 10 bytes were lost \(ENOSPC\)/);
  assert.equal(ledger.open, false);
  assert.equal(ledger.worked(3), undefined);
  assert.equal(ledger.closed(), undefined, 'nothing is told twice');
});

test('while it lasts, the total is told once per interval', () => {
  const ledger = createLossLedger("'/x'");
  const told: string[] = [];
  for (let now = 0; now <= 3 * REPORT_INTERVAL; now += 1000) {
    const message = ledger.lost(1, 'ENOSPC', now);
    if (message !== undefined) told.push(message);
  }
  assert.deepEqual(told, [
    "cannot write to log '/x' (ENOSPC), its output is being lost",
    ...[61, 121, 181].map(
      (bytes) => `still cannot write to log '/x' (ENOSPC), ${bytes} bytes were lost so far`,
    ),
  ]);
  assert.match(ledger.worked(3 * REPORT_INTERVAL) ?? '', / 181 bytes/);
});

test('a disk that flaps is told of once per interval, and no byte is left out', () => {
  const ledger = createLossLedger("'/x'");
  ledger.lost(5, 'ENOSPC', 0);
  ledger.worked(1);
  for (let now = 2; now < REPORT_INTERVAL; now += 1000) {
    assert.equal(ledger.lost(1, 'EIO', now), undefined);
    assert.equal(ledger.worked(now), undefined);
  }
  assert.ok(ledger.open, 'the end has still to be told');
  assert.match(ledger.worked(REPORT_INTERVAL + 1) ?? '', / 60 bytes were lost \(EIO\)/);
  assert.equal(ledger.total, 65);
});

test('what is untold at the end is told then', () => {
  const ledger = createLossLedger("'/x'");
  assert.equal(ledger.closed(), undefined, 'no loss, no message');
  ledger.lost(5, 'ENOSPC', 0);
  ledger.lost(6, 'ENOSPC', 1);
  assert.equal(ledger.closed(), "log '/x' is closed, 11 bytes were lost (ENOSPC)");
  assert.equal(ledger.closed(), undefined);
  // A queue that was given up after the closing.
  ledger.lost(7, 'ETIMEDOUT', 2);
  assert.match(ledger.closed() ?? '', / 18 bytes were lost \(ETIMEDOUT\)/);
});

test('what a total has named already is not told again at the end', () => {
  const ledger = createLossLedger("'/x'");
  ledger.lost(5, 'ENOSPC', 0);
  assert.match(ledger.lost(5, 'ENOSPC', REPORT_INTERVAL) ?? '', / 10 bytes/);
  assert.equal(ledger.closed(), undefined);
});
