import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLossLedger, REPORT_INTERVAL } from '../../src/log/loss-ledger.ts';

test('losses are told at once, their end once, and not more often than the interval', () => {
  const ledger = createLossLedger("'/x'");
  assert.match(ledger.lost(5, 'ENOSPC', 0) ?? '', /cannot write to log '\/x' \(ENOSPC\)/);
  assert.equal(ledger.lost(5, 'ENOSPC', 1), undefined);
  assert.equal(ledger.worked(2), undefined);
  assert.ok(ledger.open, 'the end has still to be told');
  assert.match(ledger.worked(REPORT_INTERVAL) ?? '', /works again, 10 bytes were lost \(ENOSPC\)/);
  assert.equal(ledger.open, false);
  // A new loss too soon is told when the interval is over and it still lasts.
  assert.equal(ledger.lost(1, 'EIO', REPORT_INTERVAL + 1), undefined);
  assert.match(ledger.lost(1, 'EIO', 2 * REPORT_INTERVAL) ?? '', /EIO/);
  assert.match(ledger.worked(3 * REPORT_INTERVAL) ?? '', / 2 bytes/);
  assert.equal(ledger.total, 12);
});
