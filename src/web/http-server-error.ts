/** A server could not be opened: the operator must change the configuration or end another program. */
export class HttpServerError extends Error {
  override readonly name = 'HttpServerError';
  /** Symbolic, as `EADDRINUSE`, where the operating system gave one. */
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** In Supervisor's words. */
export function inUseError(cause?: unknown): HttpServerError {
  return new HttpServerError(
    'Another program is already listening on a port that one of our HTTP servers is configured to use.  ' +
      'Shut this program down first before starting supervisord.',
    'EADDRINUSE',
    { cause },
  );
}

/** In Supervisor's words. */
export function tooLongError(file: string): HttpServerError {
  const message = `Cannot open an HTTP server: socket.error reported AF_UNIX path too long: ${file}`;
  return new HttpServerError(message, 'ENAMETOOLONG');
}

/** In Supervisor's words, and with the name where a name is what is wrong. */
export function openError(cause: LookupError): HttpServerError {
  if (cause.code === 'EADDRINUSE') return inUseError(cause);
  const reported = cause.hostname === undefined ? systemError(cause) : lookupError(cause);
  return new HttpServerError(`Cannot open an HTTP server: socket.error reported ${reported}`, cause.code, {
    cause,
  });
}

/** With a `hostname` when looking that up is what failed. */
type LookupError = NodeJS.ErrnoException & { readonly hostname?: string };

function systemError({ code, errno = 0 }: LookupError): string {
  return `errno.${code} (${Math.abs(errno)})`;
}

/** The resolver's own numbers, for those two of its errors that a name can cause. */
const RESOLVER_NUMBERS: Readonly<Record<string, number>> = { ENOTFOUND: -2, EAI_AGAIN: -3 };

function lookupError({ code = '', hostname }: LookupError): string {
  return `${RESOLVER_NUMBERS[code] ?? code}: no IPv4 address is known for '${hostname}'`;
}
