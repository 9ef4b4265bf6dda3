import type { Page } from '../shared/pages.js';

/** Where a page of a list that is sorted by time and id begins. */
export function timeAndIdAfter({ after }: Page): { time: Date; id: string } | null {
  if (!after) return null;
  const [time = '', id = ''] = after;
  return { time: new Date(time), id };
}
