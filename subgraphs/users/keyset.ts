import { badInput } from '../shared/errors.js';
import { isId } from '../shared/ids.js';
import type { Page } from '../shared/pages.js';

/** Where a page of a list that is sorted by time and id begins; a cursor that somebody made up is a BAD_USER_INPUT. */
export function timeAndIdAfter({ after }: Page): { time: Date; id: string } | null {
  if (!after) return null;
  const [time = '', id = ''] = after;
  const moment = new Date(time);
  if (Number.isNaN(moment.getTime()) || !isId(id)) {
    throw badInput('after is not a cursor of this list: take endCursor of its pageInfo.', ['after']);
  }
  return { time: moment, id };
}
