/** A cursor of the catalogue: the values of a sort key, the last of them an id. */
import { badInput } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { pageOf, type Page, type PageArguments } from '../../shared/pages.js';

/**
 * Reads `first` and `after` of a list whose sort key ends with an id. A cursor of another list, or of another order of
 * this one, is refused here, before the database stumbles over it.
 */
export function pageById(
  parameters: PageArguments,
  keys: number,
  isValue: (text: string) => boolean = () => true,
): Page {
  const page = pageOf(parameters, keys);
  const values = page.after?.slice(0, -1) ?? [];
  const id = page.after?.at(-1);
  if ((id !== undefined && !isId(id)) || !values.every(isValue))
    throw badInput('after is not a cursor of this list: take endCursor of its pageInfo.', ['after']);
  return page;
}
