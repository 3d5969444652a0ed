/** The web page: which path shows what, and what a form does. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Facade } from '../../supervisor/facade.ts';
import { refuseForeign, refuseUnmarked } from '../provenance.ts';
import { errorReply, type Reply, sendReply } from '../replies.ts';
import { discardBody } from '../request-body.ts';
import { act, type Call } from './actions.ts';
import { ASSETS } from './assets.ts';
import { type Form, receiveForm } from './form.ts';
import { NOT_CACHED, SAFETY_HEADERS } from './layout.ts';
import { createLiveUpdates } from './live-updates.ts';
import { listGroups, listPools } from './overview.ts';
import { renderStatusPage } from './status-page.ts';
import { renderTailPage } from './tail-page.ts';

export interface PageDeps {
  readonly facade: Facade;
  readonly call: Call;
  readonly version: string;
}

/** The pages of one server. */
export interface Page {
  /** Whether a path, decoded, is one of the page. */
  serves(path: string): boolean;
  /** Rejects for defects. Never settles when the client leaves before it has sent everything. */
  answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Ends the streams of open pages. */
  close(): void;
}

const INDEX = 'index.html';
const TAIL = 'tail.html';
const UPDATES = 'page/updates';

export function createPage(deps: PageDeps): Page {
  const updates = createLiveUpdates(deps.facade);
  const answerFile = async (name: string, request: IncomingMessage, response: ServerResponse) => {
    await withoutBody(request);
    sendReply(request, response, (isLook(request) ? ASSETS.get(name) : undefined) ?? errorReply(400));
  };
  const answerUpdates = async (request: IncomingMessage, response: ServerResponse) => {
    await withoutBody(request);
    // It changes nothing, so a browser that is silent about its pages may have it.
    const why = refuseForeign(request.headers);
    if (request.method !== 'GET') sendReply(request, response, errorReply(400));
    else if (why !== undefined) sendReply(request, response, refuse(why));
    else updates.answer(request, response);
  };
  return {
    serves(path) {
      const name = nameOf(path);
      return name === INDEX || name === TAIL || name === UPDATES || ASSETS.has(name);
    },
    async answer(path, request, response) {
      const name = nameOf(path);
      if (name === UPDATES) return answerUpdates(request, response);
      if (ASSETS.has(name)) return answerFile(name, request, response);
      const reply = await answerPage(deps, name, request);
      sendReply(request, response, reply);
    },
    close: () => updates.close(),
  };
}

/** Supervisor takes any number of slashes. */
function nameOf(path: string): string {
  return path.replace(/^\/+/, '') || INDEX;
}

/** Settles when the body has been read away; never, when the client leaves. */
function withoutBody(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => discardBody(request, resolve));
}

function isLook({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

async function answerPage(deps: PageDeps, name: string, request: IncomingMessage): Promise<Reply> {
  if (!isLook(request) && request.method !== 'POST') return errorReply(400, { close: true });
  const form = await receiveForm(request);
  if (typeof form === 'number') return errorReply(form, { close: true });
  if (name === TAIL) return renderTailPage(deps.call, form);
  // Who only asks for the head wants nothing to happen.
  if (form.has('action') && request.method !== 'HEAD') return answerAction(deps, form, request);
  return renderStatus(deps, form);
}

function renderStatus({ facade, version }: PageDeps, form: Form): Reply {
  return renderStatusPage({
    groups: listGroups(facade, Date.now()),
    pools: listPools(facade),
    message: form.get('message') ?? '',
    filter: form.get('filter') ?? '',
    daemon: facade.state,
    identifier: facade.identifier,
    pid: facade.pid,
    version,
    hasMainLog: facade.mainLogfile !== undefined,
  });
}

/** The answer comes when all is done, as from Supervisor. */
async function answerAction(deps: PageDeps, form: Form, request: IncomingMessage): Promise<Reply> {
  const refused = refusal(request);
  if (refused !== undefined) return refused;
  const message = await act(deps, form);
  if (message === undefined) {
    const action = form.get('action') ?? '';
    return plain(400, `There is no action "${action}" for what is named here.\n`);
  }
  // For the page's own script, and for others who want to read what has become of it.
  if (request.headers.accept === 'text/plain') return plain(200, `${message}\n`);
  const filter = form.get('filter');
  const kept = filter === undefined ? '' : `&filter=${encodeURIComponent(filter)}`;
  const location = `./?message=${encodeURIComponent(message)}${kept}`;
  return errorReply(301, { headers: ['Location', location, ...NOT_CACHED, ...SAFETY_HEADERS] });
}

function refusal(request: IncomingMessage): Reply | undefined {
  const { headers, method } = request;
  const why = refuseForeign(headers) ?? (method === 'GET' ? refuseUnmarked(headers) : undefined);
  return why === undefined ? undefined : refuse(why);
}

function refuse(why: string): Reply {
  return plain(403, `Refused: ${why}\nOpen the page of this daemon itself and use its buttons.\n`);
}

function plain(status: number, text: string): Reply {
  const headers = [...NOT_CACHED, ...SAFETY_HEADERS];
  return { status, type: 'text/plain;charset=utf-8', body: text, headers };
}
