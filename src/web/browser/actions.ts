/** Sends the forms without leaving the page, and says what has become of it. */
import { isComplaint } from '../page/shown-state.ts';
import type { Live } from './live.ts';

/** What stops many programs at once. */
const SWEEPING = new Map([
  ['stopall', 'Stop all programs?'],
  ['restartall', 'Restart all programs?'],
]);

export function submitQuietly(live: Live): void {
  document.addEventListener('submit', (event) => {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement) || button.name !== 'action') return;
    const question = SWEEPING.get(button.value);
    if (question !== undefined && !window.confirm(question)) {
      event.preventDefault();
      return;
    }
    // Without news from the daemon only a reload shows what has changed.
    if (!live.connected() || button.value === 'refresh') return;
    event.preventDefault();
    if (button.ariaBusy === 'true') return;
    button.ariaBusy = 'true';
    send(button).then(
      (message) => {
        button.ariaBusy = null;
        say(message);
      },
      (error: unknown) => {
        button.ariaBusy = null;
        say(`ERROR: no answer: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
  });
}

/** The answer comes when the programs are up or down. */
async function send(button: HTMLButtonElement): Promise<string> {
  const answer = await fetch(button.formAction, {
    method: 'POST',
    headers: { Accept: 'text/plain' },
    body: new URLSearchParams({ action: button.value }),
  });
  const text = await answer.text();
  return answer.ok ? text.trim() : `ERROR: ${answer.status} ${text.trim()}`;
}

function say(text: string): void {
  const message = document.querySelector('#message');
  if (message === null) return;
  message.textContent = text;
  message.classList.toggle('complaint', isComplaint(text));
}
