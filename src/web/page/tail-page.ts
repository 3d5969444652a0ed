/** The page `tail.html`: the end of a program's log. Its script can follow it. */
import { RpcFault } from '../../rpc/faults.ts';
import type { Channel } from '../../supervisor/ports.ts';
import type { Reply } from '../replies.ts';
import type { Call } from './actions.ts';
import type { Form } from './form.ts';
import { type Html, html, NOTHING } from './html.ts';
import { layOut } from './layout.ts';

/** Bytes: the least, as Supervisor, and the most, since a page is not for whole logs. */
const MIN_LIMIT = 1024;
const MAX_LIMIT = 4 * 1024 * 1024;

const NO_NAME = 'No process name found';

export async function renderTailPage(call: Call, form: Form): Promise<Reply> {
  const name = form.get('processname');
  const channel: Channel = form.get('channel') === 'stderr' ? 'stderr' : 'stdout';
  const limit = readLimit(form.get('limit'));
  const text = name === undefined ? NO_NAME : await readEnd(call, name, channel, limit);
  const main = html`<header>
<h1>${name === undefined ? 'Log' : `Log of ${name}`}</h1>
${name === undefined ? NOTHING : renderLinks(name, channel, limit)}
</header>
<pre id="tail" tabindex="0" aria-label="End of the log">${text}</pre>`;
  const footer = html`<p><a href="./">All processes</a></p>`;
  return layOut({ title: `Tail of process ${name ?? 'None'}`, main, footer });
}

function renderLinks(name: string, channel: Channel, limit: number): Html {
  const encoded = encodeURIComponent(name);
  const page = (to: Channel, size: number): string =>
    `tail.html?processname=${encoded}&limit=${size}${to === 'stderr' ? '&channel=stderr' : ''}`;
  const other: Channel = channel === 'stdout' ? 'stderr' : 'stdout';
  const stream = channel === 'stderr' ? `logtail/${encoded}/stderr` : `logtail/${encoded}`;
  return html`<p class="actions"><b>${channel}</b>
<a href="${page(channel, limit)}">Refresh</a>
<a href="${page(channel, Math.min(limit * 4, MAX_LIMIT))}">More</a>
<a href="${page(other, limit)}">Show ${other}</a>
<a href="${stream}" target="_blank">Tail -f ${channel}</a>
<button id="follow" type="button" data-stream="${stream}" aria-pressed="false" hidden>Follow here</button></p>`;
}

/** Anything but a plain number means the least. */
function readLimit(text: string | undefined): number {
  if (text === undefined || !/^[0-9]+$/.test(text)) return MIN_LIMIT;
  return Math.min(MAX_LIMIT, Math.max(MIN_LIMIT, Number(text)));
}

/** What goes wrong is said where the log would be, as by Supervisor. */
async function readEnd(call: Call, name: string, channel: Channel, limit: number): Promise<string> {
  const method = `supervisor.readProcess${channel === 'stderr' ? 'Stderr' : 'Stdout'}Log`;
  try {
    return String(await call(method, [name, -limit, 0]));
  } catch (error) {
    if (!(error instanceof RpcFault)) throw error;
    if (error.fault === 'NO_FILE') return `No file for ${name}`;
    return `ERROR: unexpected rpc fault [${error.code}] ${error.message}`;
  }
}
