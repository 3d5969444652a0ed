/** The script of the pages. They work without it: it saves reloading them. */
import { submitQuietly } from './actions.ts';
import { filterAsTyped } from './filter.ts';
import { followLog } from './follow.ts';
import { keepUpToDate } from './live.ts';

const content = document.querySelector<HTMLElement>('#content');
if (content !== null) {
  const filter = filterAsTyped(content);
  const live = keepUpToDate(content, filter);
  submitQuietly(live);
}
const follow = document.querySelector<HTMLButtonElement>('#follow');
const tail = document.querySelector<HTMLElement>('#tail');
if (follow !== null && tail !== null) followLog(follow, tail);
