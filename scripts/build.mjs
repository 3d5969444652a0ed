/**
 * Builds what `npm install` in a checkout leaves behind: the three programs and the listeners, each bundled into
 * one executable file, the library doors, and their type declarations.
 *
 *   node scripts/build.mjs             everything
 *   node scripts/build.mjs --no-types  without the declarations, for a quick turn
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Native code cannot be bundled.
  external: ['koffi'],
  define: { HERALD_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
};

/** CommonJS dependencies in an ESM bundle still call `require` for Node's own modules. */
const programBanner = [
  '#!/usr/bin/env node',
  "import { createRequire as __createRequire } from 'node:module';",
  'const require = __createRequire(import.meta.url);',
].join('\n');

rmSync(join(root, 'dist'), { recursive: true, force: true });

const programs = {
  heraldd: 'src/daemon/heraldd.ts',
  heraldctl: 'src/daemon/heraldctl.ts',
  herald: 'src/daemon/herald.ts',
};
for (const name of readdirSync(join(root, 'listeners'))) {
  const entry = `listeners/${name}/main.ts`;
  if (existsSync(join(root, entry))) programs[`listeners/${name}`] = entry;
}
await build({
  ...shared,
  entryPoints: programs,
  outdir: 'dist',
  // Smaller text is less to parse and to keep in memory; names stay, for error messages.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  banner: { js: programBanner },
  alias: {
    // Its ES modules: Node's condition leads to CommonJS, of which nothing can be left out.
    rxjs: join(root, 'node_modules/rxjs/dist/esm/index.js'),
    'herald/listener': join(root, 'src/sdk/listener.ts'),
    'herald/client': join(root, 'src/sdk/client.ts'),
  },
});
for (const name of Object.keys(programs)) chmodSync(join(root, 'dist', `${name}.js`), 0o755);

await build({
  ...shared,
  entryPoints: {
    index: 'src/daemon/embed.ts',
    listener: 'src/sdk/listener.ts',
    client: 'src/sdk/client.ts',
    testing: 'src/sdk/testing.ts',
  },
  outdir: 'dist',
  splitting: true,
  packages: 'external',
});

if (!process.argv.includes('--no-types')) {
  const tsc = createRequire(import.meta.url).resolve('typescript/package.json');
  const { bin } = JSON.parse(readFileSync(tsc, 'utf8'));
  const { status } = spawnSync(process.execPath, [join(dirname(tsc), bin.tsc), '-p', 'tsconfig.types.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
