/**
 * Shows what the daemon tells of changes. It is only asked while somebody looks: a page in the background leaves its
 * connection, and gets everything anew when it comes back.
 */
import { daemonNotice, type Update } from '../page/update.ts';
import type { ApplyFilter } from './filter.ts';
import { createRows } from './rows.ts';

export interface Live {
  connected(): boolean;
}

const TICK_MS = 1000;

export function keepUpToDate(content: HTMLElement, filter: ApplyFilter): Live {
  const note = document.querySelector<HTMLElement>('#live');
  const notice = document.querySelector('#daemon');
  const rows = createRows(content);
  let source: EventSource | undefined;
  let replacing = false;
  /** How far the daemon's clock is ahead of ours, in milliseconds. */
  let ahead = 0;

  const tell = (text: string) => {
    if (note === null) return;
    note.hidden = false;
    if (note.textContent !== text) note.textContent = text;
  };
  const show = (update: Update) => {
    ahead = update.now - Date.now();
    const text = daemonNotice(update.daemon);
    if (notice !== null && notice.textContent !== text) notice.textContent = text;
    rows.show(update);
  };
  const take = async (update: Update) => {
    if (!update.complete || rows.fits(update)) {
      show(update);
      return;
    }
    if (replacing) return;
    replacing = true;
    try {
      await replaceContent(content);
      rows.find();
      filter();
      show(update);
    } finally {
      replacing = false;
    }
  };
  const connect = () => {
    source = new EventSource('page/updates');
    source.addEventListener('open', () => tell('Live'));
    source.addEventListener('message', (event) => {
      take(JSON.parse(event.data)).catch(() => tell('Reload the page to see what has changed'));
    });
    source.addEventListener('error', () => {
      const over = source?.readyState === EventSource.CLOSED;
      tell(over ? 'Not live: reload the page to see changes' : 'Connection lost, trying again');
    });
  };
  const disconnect = () => {
    source?.close();
    source = undefined;
  };
  document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()));
  // A page that is kept for the back button must not hold its connection.
  window.addEventListener('pagehide', disconnect);
  window.addEventListener('pageshow', () => {
    if (source === undefined && !document.hidden) connect();
  });
  setInterval(() => {
    if (!document.hidden) rows.tick(Date.now() + ahead);
  }, TICK_MS);
  return { connected: () => source?.readyState === EventSource.OPEN };
}

/** Groups have come or gone: the rows are made by the daemon, as always. */
async function replaceContent(content: HTMLElement): Promise<void> {
  const answer = await fetch('index.html');
  if (!answer.ok) throw new Error(`the daemon answers ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('#content');
  if (fresh === null) throw new Error('the daemon has sent another page');
  content.replaceChildren(...document.adoptNode(fresh).childNodes);
}
