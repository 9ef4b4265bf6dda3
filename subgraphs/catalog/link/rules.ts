/** A link that staff give: to a picture or a logo. */
import { invalidInput, type UserError } from '../../shared/errors.js';

/** Only web addresses: another scheme, such as `javascript:`, would run in the shop's pages. */
export const checkLink = (link: string | null | undefined, field: string[]): UserError[] =>
  link == null || (/^https?:\/\//i.test(link) && link.length <= 2_000)
    ? []
    : [invalidInput('A link begins with https:// or http:// and has at most 2,000 characters.', field)];
