/** What a form has sent: the query of the URL, and over it the body. */
import type { IncomingMessage } from 'node:http';
import { announcedLength, discardBody, readBody } from '../request-body.ts';

/** Fields by name; one that is empty is not there, as for Supervisor. */
export type Form = ReadonlyMap<string, string>;

/** Bytes of a body. */
export const MAX_FORM = 64 * 1024;

/** Of a name that comes twice, the query's first counts, and the body's last. */
export function readForm(url: string, body: string): Form {
  const form = new Map<string, string>();
  const query = url.indexOf('?');
  if (query >= 0) {
    for (const [name, value] of new URLSearchParams(url.slice(query + 1))) {
      if (value !== '' && !form.has(name)) form.set(name, value);
    }
  }
  for (const [name, value] of new URLSearchParams(body)) if (value !== '') form.set(name, value);
  return form;
}

/** The form of a request, or the status that refuses it; never settles when the client leaves. */
export function receiveForm(request: IncomingMessage): Promise<Form | 411 | 413> {
  const url = request.url ?? '';
  return new Promise((resolve) => {
    if (request.method !== 'POST') {
      // Whatever comes with another method is no form.
      discardBody(request, () => resolve(readForm(url, '')));
      return;
    }
    const length = announcedLength(request);
    if (length === 'missing') resolve(411);
    else if (length === 'too-large' || length > MAX_FORM) resolve(413);
    else readBody(request, (body) => resolve(readForm(url, body.toString())));
  });
}
