import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/** Programs of other people that tests compare with or talk to. */
export type PeerName =
  | 'supervisord'
  | 'supervisorctl'
  | 'python3'
  | 'php'
  | 'ruby'
  | 'perl'
  | 'nats-server'
  | 'nginx'
  | 'chromium'
  | 'qemu-aarch64'
  | 'qemu-x86_64'
  | 'aarch64-linux-gnu-objdump'
  | 'x86_64-linux-gnu-objdump';

/** The absolute path of the program, or undefined when it is not on PATH. */
export function peer(name: PeerName): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, name)).find(isProgram);
}

/**
 * The options for a test that needs these peers: `test('…', needs('supervisord'), …)`. When one is missing the
 * test is registered as skipped, with a reason that the test command counts.
 */
export function needs(...names: readonly PeerName[]): { readonly skip: string | false } {
  const missing = names.find((name) => peer(name) === undefined);
  return { skip: missing === undefined ? false : `peer ${missing} is not installed` };
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Not there, or not ours to run: both mean that this folder does not have it.
    return false;
  }
}
