import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMainLog, type MainLogOptions } from '../../src/host/main-log.ts';
import type { LogFileOptions, LogSink } from '../../src/supervisor/ports.ts';

const WALL = new Date(2024, 0, 2, 3, 4, 5, 6).getTime();
const STAMP = '2024-01-02 03:04:05,006';

class MemorySink implements LogSink {
  text = '';
  lost = 0;
  readonly calls: string[] = [];
  write(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString();
  }
  reopen(): void {
    this.calls.push('reopen');
  }
  clear(): void {
    this.calls.push('clear');
  }
  close(): void {
    this.calls.push('close');
  }
}

function room() {
  const file = new MemorySink();
  const opened: { path: string; options: LogFileOptions }[] = [];
  let failure: Error | undefined;
  const log = createMainLog(
    { wall: () => WALL },
    {
      openLog(path, options) {
        if (failure !== undefined) throw failure;
        opened.push({ path, options });
        return file;
      },
    },
  );
  const options: MainLogOptions = { path: '/log', maxBytes: 10, backups: 2, level: 'info' };
  return {
    log,
    file,
    opened,
    options,
    failWith: (error: Error | undefined) => {
      failure = error;
    },
  };
}

test('what came before the opening is written by urgency, then by time', () => {
  const { log, file, options, opened } = room();
  log.write('info', 'i1');
  log.write('critical', 'c1');
  log.write('debug', 'too much detail');
  log.write('warn', 'w1');
  log.write('critical', 'c2');
  log.open(options);
  assert.deepEqual(
    file.text.split('\n'),
    ['CRIT c1', 'CRIT c2', 'WARN w1', 'INFO i1'].map((line) => `${STAMP} ${line}`).concat(''),
  );
  assert.deepEqual(
    [opened[0]?.path, opened[0]?.options.maxBytes, opened[0]?.options.backups],
    ['/log', 10, 2],
  );
});

test('the level decides', () => {
  const { log, file, options } = room();
  log.open({ ...options, level: 'error' });
  log.write('error', 'yes');
  log.write('warn', 'no');
  assert.equal(file.text, `${STAMP} ERRO yes\n`);
  assert.deepEqual([log.enabled('error'), log.enabled('warn')], [true, false]);
});

test('an opening that failed keeps the messages', () => {
  const { log, file, options, failWith } = room();
  log.write('warn', 'early');
  failWith(new Error('EISDIR'));
  assert.throws(() => log.open(options), /EISDIR/);
  failWith(undefined);
  log.open(options);
  assert.equal(file.text, `${STAMP} WARN early\n`);
});

test('the copy gets every line, with or without a file', () => {
  const { log, file, options } = room();
  const copy = new MemorySink();
  log.open({ ...options, copyTo: copy });
  log.write('info', 'one');
  log.close();
  log.open({ ...options, path: undefined, copyTo: copy });
  log.write('info', 'two');
  assert.equal(file.text, `${STAMP} INFO one\n`);
  assert.equal(copy.text, `${STAMP} INFO one\n${STAMP} INFO two\n`);
  assert.deepEqual([file.calls, copy.calls], [['close'], []]);
});

test('a loss of the file is told in the log itself', () => {
  const { log, file, options, opened } = room();
  log.open(options);
  opened[0]?.options.onLoss('cannot write');
  assert.equal(file.text, `${STAMP} ERRO cannot write\n`);
});

test('reopen and clear reach the file', () => {
  const { log, file, options } = room();
  log.reopen();
  log.open(options);
  log.reopen();
  log.clear();
  assert.deepEqual(file.calls, ['reopen', 'clear']);
});
