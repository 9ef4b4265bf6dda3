/** Everybody who can come to a subgraph's door. */
import { serviceCaller, type Caller } from '../../subgraphs/shared/caller.js';
import { permissionsOfRole, roles, type Permission, type Role } from '../../subgraphs/shared/viewer.js';
import { anonymousCaller, guestCaller, staffCaller, userCaller } from '../testkit/parts.js';

export interface TestViewer {
  name: string;
  kind: 'anonymous' | 'guest' | 'user' | 'service';
  /** The customer's id; null for those who are nobody's account. */
  id: string | null;
  permissions: ReadonlySet<Permission>;
  caller: Caller;
}

const idOf = ({ claims }: Caller): string => String(claims?.['sub']);

const staff = (role: Role): TestViewer => {
  const caller = staffCaller(role);
  return {
    name: role,
    kind: 'user',
    id: idOf(caller),
    permissions: new Set(permissionsOfRole[role]),
    caller,
  };
};

const customer = (name: string, kind: 'guest' | 'user', caller: Caller): TestViewer => ({
  name,
  kind,
  id: idOf(caller),
  permissions: new Set(),
  caller,
});

/** The customer whose things are read. */
export const ownerViewer = (id: string): TestViewer => customer('owner', 'user', userCaller(id));

/** Nobody, a guest, another customer, each role of the staff, another subgraph. */
export const strangers = (other: { guestId?: string; userId?: string } = {}): TestViewer[] => [
  { name: 'anonymous', kind: 'anonymous', id: null, permissions: new Set(), caller: anonymousCaller() },
  customer('guest', 'guest', guestCaller(other.guestId)),
  customer('user', 'user', userCaller(other.userId)),
  ...roles.filter((role) => role !== 'customer').map(staff),
  {
    name: 'service',
    kind: 'service',
    id: null,
    permissions: new Set(),
    caller: serviceCaller('test', 'access'),
  },
];
