/** The files that the pages need: few and small, so they are in the program. */
import type { Reply } from '../replies.ts';
import { ICON, SCRIPT, STYLE } from './generated-assets.ts';
import { PAGE_HEADERS } from './layout.ts';

/** By path. Not cached: the next daemon may have others, and its pages would not fit the old ones. */
export const ASSETS: ReadonlyMap<string, Reply> = new Map([
  ['page/herald.css', asset('text/css;charset=utf-8', STYLE)],
  ['page/herald.js', asset('text/javascript;charset=utf-8', SCRIPT)],
  ['page/icon.svg', asset('image/svg+xml', ICON)],
]);

function asset(type: string, body: string): Reply {
  return { status: 200, type, body, headers: PAGE_HEADERS };
}
