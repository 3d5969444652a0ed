// The two platform classes that the pure rooms may use. They exist in Node, browsers, Deno and Bun alike;
// with `types: []` nothing else of the platform is in scope there.
// In the Node compile these merge with Node's own declarations.
interface TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
}
declare var TextEncoder: { new (): TextEncoder };
interface TextDecoder {
  decode(input?: Uint8Array, options?: { stream?: boolean }): string;
}
declare var TextDecoder: {
  new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder;
};
