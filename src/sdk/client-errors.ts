/**
 * How a call can fail, by who must act: the caller's request was refused (RpcFaultError), the server did not
 * let it in or broke (HttpStatusError), there was no server or no answer (ConnectionError), or what came back
 * is not XML-RPC (InvalidReplyError). `kind` tells them apart without `instanceof`, across bundles.
 */

/** The server answered with a fault. Source of the text's form: `NAME` or `NAME: detail`, as Supervisor writes it. */
export class RpcFaultError extends Error {
  readonly kind = 'fault';
  /** As in Supervisor's manual: 10 is BAD_NAME. */
  readonly code: number;
  /** What stands behind the fault's name, empty when nothing does. */
  readonly detail: string;
  /** The whole text, as it came. */
  readonly faultString: string;
  /** The method that was called. */
  readonly method: string;

  constructor(method: string, code: number, faultString: string) {
    super(`${method}: fault ${code}, ${faultString}`);
    const [, name, detail] = /^([A-Z][A-Z_]*)(?:: ([\s\S]*))?$/.exec(faultString) ?? [];
    this.name = name ?? 'UNKNOWN';
    this.code = code;
    this.detail = name === undefined ? faultString : (detail ?? '');
    this.faultString = faultString;
    this.method = method;
  }
}

/** The server answered with something other than 200. 401: the credentials are missing or wrong. */
export class HttpStatusError extends Error {
  readonly kind = 'http-status';
  readonly status: number;
  /** The words behind the status, such as `Unauthorized`. */
  readonly reason: string;
  readonly url: string;

  constructor(url: string, status: number, reason: string) {
    super(`${url} answered ${status} ${reason}`.trimEnd());
    this.name = 'HttpStatusError';
    this.status = status;
    this.reason = reason;
    this.url = url;
  }
}

/**
 * The server could not be reached, or went away before it had answered. `code` is the system's (ECONNREFUSED,
 * ENOENT, ECONNRESET, …), or ETIMEDOUT when the call's time was up, or ABORT_ERR when its signal fired. In the
 * last three cases the call may have been carried out.
 */
export class ConnectionError extends Error {
  readonly kind = 'connection';
  readonly code: string;
  readonly url: string;

  constructor(url: string, code: string, detail: string, cause?: unknown) {
    super(`${url}: ${detail}`, cause === undefined ? undefined : { cause });
    this.name = 'ConnectionError';
    this.code = code;
    this.url = url;
  }
}

/** What came back with status 200 is not an XML-RPC response, or too large. */
export class InvalidReplyError extends Error {
  readonly kind = 'invalid-reply';
  readonly method: string;

  constructor(method: string, reason: string, cause?: unknown) {
    super(
      `${method}: the reply is not an XML-RPC response: ${reason}`,
      cause === undefined ? undefined : { cause },
    );
    this.name = 'InvalidReplyError';
    this.method = method;
  }
}

export type ClientError = RpcFaultError | HttpStatusError | ConnectionError | InvalidReplyError;
