import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Mailbox } from '../../src/supervisor/mailbox.ts';

test('what is sent while a letter is read waits until that is done, and some go before the others', () => {
  const seen: string[] = [];
  const mailbox = new Mailbox<string>((letter) => {
    seen.push(`begin ${letter}`);
    if (letter === 'a') {
      mailbox.send('c');
      mailbox.sendFirst('b');
    }
    seen.push(`end ${letter}`);
  });
  mailbox.send('a');
  assert.deepEqual(seen, ['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c']);
});

test('a reader that throws loses what waits, and reads on with the next letter', () => {
  const seen: string[] = [];
  const mailbox = new Mailbox<string>((letter) => {
    seen.push(letter);
    if (letter !== 'bad') return;
    mailbox.send('waits');
    throw new Error('no');
  });
  assert.throws(() => mailbox.send('bad'), { message: 'no' });
  mailbox.send('next');
  assert.deepEqual(seen, ['bad', 'next']);
});
