/** Hides the processes whose names do not pass the filter, at each key, and keeps the address right for a reload. */
import { passesFilter } from '../page/shown-state.ts';

/** Hides and shows rows by what the filter says now. */
export type ApplyFilter = () => void;

export function filterAsTyped(content: HTMLElement): ApplyFilter {
  const form = document.querySelector<HTMLFormElement>('#filter');
  const input = document.querySelector<HTMLInputElement>('#filter-text');
  if (form === null || input === null) return () => {};
  const apply = () => {
    for (const group of content.querySelectorAll<HTMLElement>('tbody[data-group]')) {
      let shown = 0;
      for (const row of group.querySelectorAll<HTMLElement>('[data-process]')) {
        row.hidden = !passesFilter(row.dataset.process ?? '', input.value);
        if (!row.hidden) shown += 1;
      }
      group.hidden = shown === 0 && input.value.trim() !== '';
    }
    for (const kept of document.querySelectorAll<HTMLInputElement>('input[type=hidden][name=filter]')) {
      kept.value = input.value;
    }
  };
  input.addEventListener('input', () => {
    apply();
    const query = input.value === '' ? '' : `?filter=${encodeURIComponent(input.value)}`;
    history.replaceState(null, '', `./${query}`);
  });
  form.addEventListener('submit', (event) => event.preventDefault());
  // Browsers bring back what was typed before a reload.
  if (input.value !== '') apply();
  return apply;
}
