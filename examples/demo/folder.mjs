/** The temporary folder that the demo lives in: the configuration, the programs, the built listeners. */
import { copyFileSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
/** The address of a unix socket has room for 107 bytes. */
const LONGEST_FOLDER = 80;

/** Makes the folder and fills it. Returns `{ path, remove }`; when filling fails, nothing is left. */
export function makeFolder(dist) {
  const parent = Buffer.byteLength(tmpdir()) > LONGEST_FOLDER ? '/tmp' : tmpdir();
  const path = mkdtempSync(join(parent, 'herald-demo-'));
  const remove = () => rmSync(path, { recursive: true, force: true });
  try {
    for (const name of readdirSync(here)) {
      if (/\.(conf|sh)$/.test(name)) copyFileSync(join(here, name), join(path, name));
    }
    symlinkSync(join(dist, 'listeners', 'crashmail.js'), join(path, 'crashmail.js'));
    buildListener(path, dist);
    return { path, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Node 20 runs no TypeScript, so the listener is built as everything else is. Newer ones could run the file. */
function buildListener(folder, dist) {
  buildSync({
    entryPoints: [join(here, 'listener.ts')],
    // The folder has no package.json to say that .js files are ES modules.
    outfile: join(folder, 'listener.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent',
    alias: { 'herald/listener': join(dist, 'listener.js') },
  });
}
