/** What a row of a policy table says that must happen: told anew, not by the code that enforces it. */
import type { Permission } from '../../subgraphs/shared/viewer.js';
import type { Rule } from '../../subgraphs/shared/policy.js';
import type { TestViewer } from './viewers.js';

export type Verdict = 'LET THROUGH' | 'UNAUTHENTICATED' | 'FORBIDDEN';

/** `ownerId`: the customer whose object it is. */
export function expectedVerdict(rule: Rule, viewer: TestViewer, ownerId: string | null): Verdict {
  if (rule === 'public' || viewer.kind === 'service') return 'LET THROUGH';
  if (rule === 'internal') return 'FORBIDDEN';
  if (rule === 'user') return viewer.kind === 'user' ? 'LET THROUGH' : 'UNAUTHENTICATED';
  if (rule === 'customer') return viewer.kind === 'anonymous' ? 'UNAUTHENTICATED' : 'LET THROUGH';
  if (typeof rule === 'string') {
    if (viewer.permissions.has(rule.slice('staff:'.length) as Permission)) return 'LET THROUGH';
    return viewer.kind === 'anonymous' ? 'UNAUTHENTICATED' : 'FORBIDDEN';
  }
  if (rule.staff && viewer.permissions.has(rule.staff)) return 'LET THROUGH';
  return viewer.id !== null && viewer.id === ownerId ? 'LET THROUGH' : 'FORBIDDEN';
}

/** A row as a person writes it in the table. */
export const ruleName = (rule: Rule): string =>
  typeof rule === 'string' ? rule : `owner${rule.staff ? ` or staff:${rule.staff}` : ''}`;
