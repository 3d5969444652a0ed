// The two halves of npm `xmlrpc` that the client uses. Its own typings describe only the package's front door.
declare module 'xmlrpc/lib/serializer.js' {
  /** Throws an Error for a string that XML 1.0 cannot carry. */
  export function serializeMethodCall(method: string, params: readonly unknown[]): string;
}

declare module 'xmlrpc/lib/deserializer.js' {
  import type { Readable } from 'node:stream';

  /** What the callback gets for a fault: an Error with these two fields, as they stood in the reply. */
  interface DeserializedFault extends Error {
    readonly faultCode: unknown;
    readonly faultString: unknown;
  }

  export default class Deserializer {
    constructor(encoding?: BufferEncoding);
    /** Runs when the text has ended, as an event handler. Throws for a fault without a value. */
    onDone(): void;
    onError(error: unknown): void;
    /** Reads the text of a base64 element. */
    endBase64(data: string): void;
    /** Takes a value that was read. */
    push(value: unknown): void;
    /** Whether the text of the open `value` element is itself the value. */
    value: boolean;
    deserializeMethodResponse(
      stream: Readable,
      callback: (error: Error | DeserializedFault | null | undefined, value?: unknown) => void,
    ): void;
  }
}
