/** What the body of a listener's RESULT means: Supervisor's `result_handler`. */

/** The event that was answered, as a handler sees it. */
export interface AnsweredEvent {
  readonly name: string;
  readonly serial: number;
  /** As the listener got it, without Herald's additions. */
  readonly text: string;
}

/** Returns when the event has been handled; throws an Error that says why when it has not. */
export type ResultPolicy = (event: AnsweredEvent, result: Uint8Array) => void;

/** An answer that says no; anything else that a policy throws is a mistake in the answer or in the policy. */
export class RejectedResult extends Error {
  override readonly name = 'RejectedResult';
}

/** The default: `OK` and nothing else. */
export const acceptOk: ResultPolicy = (_event, result) => {
  // 79 75: the two bytes of OK.
  if (result.length !== 2 || result[0] !== 79 || result[1] !== 75) throw new RejectedResult('not OK');
};

const LINE_FEED = 10;

/**
 * For the listener of the Python package supervisor-stdout, which sends back the payload of each PROCESS_LOG event:
 * a line of headers, then the data. `print` gets every line of the data behind `processname channel | `, with its
 * line end. Unlike the original there is no empty line for the end of the last one.
 */
export function printLogLines(print: (lines: Uint8Array) => void): ResultPolicy {
  return (_event, result) => {
    const end = result.indexOf(LINE_FEED);
    if (end < 0) throw new Error('the result has no line of headers');
    const headers = new TextDecoder().decode(result.subarray(0, end));
    const prefix = `${header(headers, 'processname')} ${header(headers, 'channel')} | `;
    if (end + 1 < result.length)
      print(prefixLines(new TextEncoder().encode(prefix), result.subarray(end + 1)));
  };
}

function header(headers: string, name: string): string {
  const token = headers.split(' ').find((each) => each.startsWith(`${name}:`));
  if (token === undefined) throw new Error(`the headers of the result do not tell the ${name}`);
  return token.slice(name.length + 1);
}

function prefixLines(prefix: Uint8Array, data: Uint8Array): Uint8Array {
  const closed = data.at(-1) === LINE_FEED;
  const ends = data.reduce((count, byte) => count + (byte === LINE_FEED ? 1 : 0), closed ? 0 : 1);
  const out = new Uint8Array(data.length + (closed ? 0 : 1) + ends * prefix.length);
  let at = 0;
  for (let from = 0; at < out.length; ) {
    const found = data.indexOf(LINE_FEED, from);
    const end = found < 0 ? data.length : found;
    out.set(prefix, at);
    out.set(data.subarray(from, end), at + prefix.length);
    at += prefix.length + end - from + 1;
    out[at - 1] = LINE_FEED;
    from = end + 1;
  }
  return out;
}
