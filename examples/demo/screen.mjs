/** What the demo writes to the terminal: one line per thing that happens, with the time and who tells it. */

const COLOURS = { event: 36, mail: 35, heraldd: 33, demo: 32, error: 31 };

/**
 * `say(who, text)` writes a line; further lines of the text are indented below it. `plain(text)` writes text as it
 * stands. Colours only on a terminal, and not where NO_COLOR asks for none.
 */
export function createScreen(output, environment) {
  const coloured = output.isTTY === true && !environment.NO_COLOR;
  const paint = (code, text) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
  return {
    say(who, text) {
      const [first = '', ...rest] = harmless(text).split('\n');
      const time = new Date().toTimeString().slice(0, 8);
      const head = `${paint(2, time)} ${paint(COLOURS[who] ?? 0, who.padEnd(7))} `;
      const lines = [head + first, ...rest.map((line) => `${' '.repeat(17)}${line}`.trimEnd())];
      output.write(`${lines.join('\n')}\n`);
    },
    plain(text) {
      output.write(`${text}\n`);
    },
    /** A command to copy. */
    command(text) {
      output.write(`  ${paint(1, text)}\n`);
    },
  };
}

/** Mails and events come from others: what would move the cursor or change colours is shown, not done. */
function harmless(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass.
  return text.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, '?');
}
