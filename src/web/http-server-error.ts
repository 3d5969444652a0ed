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

/** In Supervisor's words. */
export function openError(cause: NodeJS.ErrnoException): HttpServerError {
  if (cause.code === 'EADDRINUSE') return inUseError(cause);
  const number = Math.abs(cause.errno ?? 0);
  return new HttpServerError(
    `Cannot open an HTTP server: socket.error reported errno.${cause.code} (${number})`,
    cause.code,
    { cause },
  );
}
