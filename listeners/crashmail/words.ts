/**
 * Splits a command into words at blanks; quotes hold words together, and a backslash takes the next character as it
 * is outside of single quotes. No shell ever sees the command. Undefined: a quote is not closed.
 */
export function splitWords(command: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < command.length; i++) {
    const char = command.charAt(i);
    if (char === '\\' && quote !== "'") word = (word ?? '') + command.charAt(++i);
    else if (quote !== '') {
      if (char === quote) quote = '';
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return quote === '' ? words : undefined;
}

/** Whether the glob (`*`: anything, `?`: one character) fits the whole text. Needs no more than |glob| * |text| steps. */
export function matchesGlob(glob: string, text: string): boolean {
  let star = -1;
  let starText = 0;
  let g = 0;
  let t = 0;
  while (t < text.length) {
    const want = glob.charAt(g);
    if (want === '*') {
      star = g++;
      starText = t;
    } else if (want !== '' && (want === '?' || want === text.charAt(t))) {
      g++;
      t++;
    } else if (star !== -1) {
      // Let the last star take one character more. Earlier stars need not be tried again.
      g = star + 1;
      t = ++starText;
    } else return false;
  }
  while (glob.charAt(g) === '*') g++;
  return g === glob.length;
}
