/**
 * The page at `/`: all processes, what can be done about them, and the books of the event listener pools. It is
 * whole without its script; that only keeps it up to date, and finds the elements by their `data-` attributes.
 */
import type { DaemonState } from '../../supervisor/facade.ts';
import type { Reply } from '../replies.ts';
import { type Html, html, NOTHING } from './html.ts';
import { layOut } from './layout.ts';
import type { ShownGroup, ShownPool, ShownProcess } from './overview.ts';
import { isComplaint, isOffered, passesFilter, ROW_ACTIONS, stateClass, tally } from './shown-state.ts';
import { daemonNotice, listenerText, SHOWN_COUNTERS } from './update.ts';

export interface StatusPage {
  readonly groups: readonly ShownGroup[];
  readonly pools: readonly ShownPool[];
  readonly message: string;
  /** Processes whose name does not contain it are there, but hidden. */
  readonly filter: string;
  readonly daemon: DaemonState;
  readonly identifier: string;
  readonly pid: number;
  readonly version: string;
  readonly hasMainLog: boolean;
}

export function renderStatusPage(page: StatusPage): Reply {
  const { groups, message, filter, daemon, identifier, pid, version, hasMainLog } = page;
  const states = groups.flatMap(({ processes }) => processes.map(({ state }) => state));
  const main = html`<header>
<h1>Processes</h1>
<p id="tally">${tally(states)}</p>
<p id="live" hidden></p>
</header>
<p id="daemon" role="status">${daemonNotice(daemon)}</p>
<p id="message" role="status" class="status_msg${isComplaint(message) && ' complaint'}">${message}</p>
<div class="tools">
<form id="filter" method="get" action="index.html" role="search">
<label for="filter-text">Filter by name</label>
<input id="filter-text" type="search" name="filter" value="${filter}" autocomplete="off">
<button>Filter</button>
</form>
<form id="all" class="actions" method="post" action="index.html">
<input type="hidden" name="filter" value="${filter}">
<button name="action" value="refresh">Refresh</button>
<button name="action" value="restartall">Restart all</button>
<button name="action" value="stopall">Stop all</button>
</form>
</div>
<div id="content">
${renderProcesses(groups, filter)}
${renderPools(page.pools)}
</div>`;
  const mainLog = hasMainLog ? html` · <a href="mainlogtail" target="_blank">main log</a>` : NOTHING;
  const footer = html`<p>Herald ${version} · identification <b>${identifier}</b> · pid ${pid}${mainLog}</p>`;
  return layOut({ title: `${identifier}: processes`, main, footer });
}

function renderProcesses(groups: readonly ShownGroup[], filter: string): Html {
  if (groups.length === 0) return html`<p>No programs to manage</p>`;
  return html`<form id="processes" method="post" action="index.html">
<input type="hidden" name="filter" value="${filter}">
<table>
<caption>Processes and what can be done about them</caption>
<thead>
<tr><th scope="col">State</th><th scope="col">Description</th><th scope="col">Name</th><th scope="col">Action</th></tr>
</thead>
${groups.map((group) => renderGroup(group, filter))}
</table>
</form>`;
}

function renderGroup({ name, processes }: ShownGroup, filter: string): Html {
  const [first] = processes;
  // A program that is its own group looks like one.
  const header = processes.length === 1 && first?.name === name ? NOTHING : renderGroupRow(name, processes);
  const rows = processes.map((process) => renderRow(process, filter));
  const hidden = filter !== '' && !processes.some((process) => passesFilter(process.name, filter));
  return html`<tbody data-group="${name}"${hidden && HIDDEN}>
${header}${rows}</tbody>
`;
}

const HIDDEN = html` hidden`;
const DISABLED = html` disabled`;

function renderGroupRow(name: string, processes: readonly ShownProcess[]): Html {
  const target = `index.html?groupname=${encodeURIComponent(name)}`;
  const buttons = ROW_ACTIONS.map(
    (action) =>
      html`<button name="action" value="${action}group" formaction="${target}" aria-label="${capital(action)} group ${name}">${capital(action)} group</button> `,
  );
  const counted = tally(processes.map(({ state }) => state));
  return html`<tr class="group"><th colspan="3" scope="rowgroup">${name} <span data-tally>${counted}</span></th><td class="actions">${buttons}</td></tr>
`;
}

function renderRow(process: ShownProcess, filter: string): Html {
  const { name, state, description, pid, started } = process;
  const encoded = encodeURIComponent(name);
  const hidden = !passesFilter(name, filter);
  return html`<tr data-process="${name}" data-state="${state}" data-pid="${pid}" data-started="${started}"${hidden && HIDDEN}><td><span class="${stateClass(state)}">${state.toLowerCase()}</span></td><td>${description}</td><th scope="row"><a href="tail.html?processname=${encoded}">${name}</a></th><td class="actions">${renderButtons(process, encoded)}${renderTails(process, encoded)}</td></tr>
`;
}

function renderButtons({ name, state }: ShownProcess, encoded: string): readonly Html[] {
  const target = `index.html?processname=${encoded}`;
  const button = (action: string, label: string, offered: boolean): Html =>
    html`<button name="action" value="${action}" formaction="${target}" aria-label="${label} ${name}"${!offered && DISABLED}>${label}</button> `;
  return [
    ...ROW_ACTIONS.map((action) => button(action, capital(action), isOffered(action, state))),
    button('clearlog', 'Clear log', true),
  ];
}

function renderTails({ name, stdoutLogfile, stderrLogfile }: ShownProcess, encoded: string): readonly Html[] {
  const link = (path: string, channel: string): Html =>
    html`<a href="${path}" target="_blank" aria-label="Follow ${channel} of ${name}">Tail -f ${channel}</a> `;
  return [
    stdoutLogfile === '' ? NOTHING : link(`logtail/${encoded}`, 'stdout'),
    stderrLogfile === '' ? NOTHING : link(`logtail/${encoded}/stderr`, 'stderr'),
  ];
}

function renderPools(pools: readonly ShownPool[]): Html {
  if (pools.length === 0) return NOTHING;
  return html`<table id="pools">
<caption>Event listener pools: what became of their events</caption>
<thead>
<tr><th scope="col">Pool</th><th scope="col">Events</th>${SHOWN_COUNTERS.map(([, label]) => html`<th scope="col">${label}</th>`)}<th scope="col">Listeners</th></tr>
</thead>
<tbody>
${pools.map(renderPool)}</tbody>
</table>`;
}

function renderPool({ name, events, counters, listeners }: ShownPool): Html {
  const cells = SHOWN_COUNTERS.map(
    ([counter, label]) => html`<td data-counter="${counter}" data-label="${label}">${counters[counter]}</td>`,
  );
  const states = listeners.map((listener) => html`<li>${listenerText(listener)}</li>`);
  return html`<tr data-pool="${name}"><th scope="row">${name}</th><td class="events">${events.join(', ')}</td>${cells}<td><ul data-listeners>${states}</ul></td></tr>
`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
