/**
 * A small XML-RPC client over a Unix socket, independent of Herald's own codec: a mistake that the daemon's
 * writer and reader share would otherwise stay unseen.
 */
import http from 'node:http';

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** What a call came to. `http` is an answer that is no XML-RPC answer at all. */
export type Outcome =
  | { readonly result: Value }
  | { readonly fault: readonly [number, string] }
  | { readonly http: number };

export interface RawAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Calls a method. Rejects with the socket's error when the daemon cannot be reached. */
export async function callMethod(
  socketPath: string,
  method: string,
  params: readonly Value[],
): Promise<Outcome> {
  const answer = await exchange(socketPath, 'POST', '/RPC2', encodeCall(method, params));
  return answer.status === 200 ? decodeAnswer(answer.body) : { http: answer.status };
}

/** One HTTP request on a connection of its own. */
export function exchange(
  socketPath: string,
  method: string,
  path: string,
  body: string,
  authorization?: string,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const headers = {
      'Content-Type': 'text/xml',
      'Content-Length': Buffer.byteLength(body),
      ...(authorization && { Authorization: authorization }),
    };
    const request = http.request(
      { socketPath, method, path, headers, agent: false, timeout: 90_000 },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    request.on('timeout', () => request.destroy(new Error(`no answer to ${method} ${path}`)));
    request.on('error', reject);
    request.end(body);
  });
}

export function encodeCall(method: string, params: readonly Value[]): string {
  const list = params.map((value) => `<param>${encodeValue(value)}</param>`).join('');
  return `<?xml version="1.0"?><methodCall><methodName>${escapeText(method)}</methodName><params>${list}</params></methodCall>`;
}

function encodeValue(value: Value): string {
  if (value === null) return '<value><nil/></value>';
  if (typeof value === 'boolean') return `<value><boolean>${value ? 1 : 0}</boolean></value>`;
  if (typeof value === 'number') return `<value><int>${value}</int></value>`;
  if (typeof value === 'string') return `<value><string>${escapeText(value)}</string></value>`;
  if (Array.isArray(value)) {
    return `<value><array><data>${value.map(encodeValue).join('')}</data></array></value>`;
  }
  const members = Object.entries(value).map(
    ([name, member]) => `<member><name>${escapeText(name)}</name>${encodeValue(member)}</member>`,
  );
  return `<value><struct>${members.join('')}</struct></value>`;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function unescapeText(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** Tags and the text between them, in order; a text is kept only where a scalar or a name wants it. */
class Tokens {
  private readonly list: string[];
  private position = 0;

  constructor(xml: string) {
    this.list = xml.split(/(<[^>]*>)/);
  }

  /** Moves to the next tag and returns its name, `/name` for an end tag, and the text before it. */
  next(): { tag: string; before: string } {
    let before = '';
    for (;;) {
      const token = this.list[this.position++];
      if (token === undefined) throw new Error('the answer ends too early');
      if (!token.startsWith('<')) before += token;
      else if (!token.startsWith('<?')) return { tag: token.slice(1, -1), before: unescapeText(before) };
    }
  }

  expect(tag: string): string {
    const found = this.next();
    if (found.tag !== tag) throw new Error(`<${found.tag}> where <${tag}> should be`);
    return found.before;
  }
}

function decodeAnswer(xml: string): Outcome {
  const tokens = new Tokens(xml);
  tokens.expect('methodResponse');
  const { tag } = tokens.next();
  if (tag === 'params') {
    tokens.expect('param');
    tokens.expect('value');
    return { result: decodeValue(tokens) };
  }
  if (tag !== 'fault') throw new Error(`<${tag}> in an answer`);
  tokens.expect('value');
  const fault = decodeValue(tokens) as { faultCode: number; faultString: string };
  return { fault: [fault.faultCode, fault.faultString] };
}

/** After `<value>`; consumes `</value>`. */
function decodeValue(tokens: Tokens): Value {
  const { tag, before } = tokens.next();
  if (tag === '/value') return before;
  const value = decodeTyped(tag, tokens);
  tokens.expect('/value');
  return value;
}

function decodeTyped(tag: string, tokens: Tokens): Value {
  if (tag === 'struct') return decodeStruct(tokens);
  if (tag === 'array') return decodeArray(tokens);
  if (tag === 'string/') return '';
  const text = tokens.expect(`/${tag}`);
  if (tag === 'int' || tag === 'i4' || tag === 'double') return Number(text);
  if (tag === 'boolean') return text === '1';
  if (tag === 'string') return text;
  throw new Error(`a value of type <${tag}>`);
}

function decodeStruct(tokens: Tokens): Value {
  const struct: Record<string, Value> = {};
  for (;;) {
    const { tag } = tokens.next();
    if (tag === '/struct') return struct;
    tokens.expect('name');
    const name = tokens.expect('/name');
    tokens.expect('value');
    struct[name] = decodeValue(tokens);
    tokens.expect('/member');
  }
}

function decodeArray(tokens: Tokens): Value {
  const list: Value[] = [];
  tokens.expect('data');
  for (;;) {
    const { tag } = tokens.next();
    if (tag === '/data') break;
    list.push(decodeValue(tokens));
  }
  tokens.expect('/array');
  return list;
}
