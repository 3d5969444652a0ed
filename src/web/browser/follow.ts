/** Follows a log on its page, by the stream that "Tail -f" shows. */

/** Characters that are kept. */
const MAX_TEXT = 1_000_000;

export function followLog(button: HTMLButtonElement, tail: HTMLElement): void {
  let stop: AbortController | undefined;
  button.hidden = false;
  button.addEventListener('click', () => {
    if (stop !== undefined) {
      stop.abort();
      return;
    }
    stop = new AbortController();
    button.ariaPressed = 'true';
    read(button.dataset.stream ?? '', tail, stop.signal)
      .catch((error: unknown) => {
        if (stop?.signal.aborted !== true) append(tail, `\n[${String(error)}]\n`);
      })
      .finally(() => {
        stop = undefined;
        button.ariaPressed = 'false';
      });
  });
}

/** The stream begins with the end of the log, so what is shown gives way to it. */
async function read(url: string, tail: HTMLElement, signal: AbortSignal): Promise<void> {
  const answer = await fetch(url, { signal });
  if (!answer.ok || answer.body === null) throw new Error(`the daemon answers ${answer.status}`);
  tail.textContent = '';
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    append(tail, value);
  }
}

/** Who has scrolled back is left alone. */
function append(tail: HTMLElement, text: string): void {
  const page = document.documentElement;
  const atEnd = page.scrollHeight - page.scrollTop - page.clientHeight < 100;
  tail.append(text);
  while ((tail.textContent?.length ?? 0) > MAX_TEXT && tail.firstChild !== null) tail.firstChild.remove();
  if (atEnd) page.scrollTop = page.scrollHeight;
}
