/**
 * Makes src/web/page/generated-assets.ts of what is in src/web/browser: the daemon is one file, and its web page has
 * nothing to look for on the disk.
 *
 *   node scripts/embed-page-assets.mjs           writes it
 *   node scripts/embed-page-assets.mjs --check   says whether it is what it should be
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'src/web/browser');
const target = join(root, 'src/web/page/generated-assets.ts');
const browsers = ['chrome100', 'firefox100', 'safari15.4'];

const script = await build({
  entryPoints: [join(folder, 'main.ts')],
  bundle: true,
  format: 'iife',
  target: browsers,
  minifyWhitespace: true,
  legalComments: 'none',
  write: false,
  logLevel: 'warning',
});
const style = await transform(readFileSync(join(folder, 'style.css'), 'utf8'), {
  loader: 'css',
  target: browsers,
  minifyWhitespace: true,
});
const icon = readFileSync(join(folder, 'icon.svg'), 'utf8');

const parts = { SCRIPT: script.outputFiles[0].text, STYLE: style.code, ICON: icon };
const lines = Object.entries(parts).map(([name, text]) => `export const ${name} = ${JSON.stringify(text)};`);
const text = `// Made by scripts/embed-page-assets.mjs of what is in src/web/browser.\n${lines.join('\n')}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(target, text);
} else if (text !== readFileSync(target, 'utf8')) {
  console.log(
    'src/web/page/generated-assets.ts is not what src/web/browser makes: run node scripts/embed-page-assets.mjs',
  );
  process.exitCode = 1;
}
