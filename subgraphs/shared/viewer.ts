/** The viewer: on whose behalf a request runs, and what that one may do. */
import type { Caller } from './caller.js';
import { forbidden, notSignedIn } from './errors.js';

export const permissions = [
  'catalog:write',
  'inventory:read',
  'inventory:write',
  'orders:read',
  'orders:write',
  'payments:read',
  'payments:refund',
  'payments:risk',
  'promotions:write',
  'users:read',
  'users:write',
  'events:read',
  'events:retry',
  'recommendations:write',
] as const;
export type Permission = (typeof permissions)[number];

export const roles = [
  'customer',
  'support',
  'merchandiser',
  'warehouse',
  'finance',
  'manager',
  'admin',
] as const;
export type Role = (typeof roles)[number];

const manager = permissions.filter(
  (permission) => permission !== 'users:write' && permission !== 'events:retry',
);

/** What each role may do beside its own affairs. */
export const permissionsOfRole: Record<Role, readonly Permission[]> = {
  customer: [],
  support: ['orders:read', 'orders:write', 'users:read', 'payments:read', 'inventory:read'],
  merchandiser: ['catalog:write', 'promotions:write', 'inventory:read', 'recommendations:write'],
  warehouse: ['inventory:read', 'inventory:write', 'orders:read', 'orders:write'],
  finance: ['orders:read', 'payments:read', 'payments:refund', 'payments:risk'],
  manager,
  admin: permissions,
};

export interface Viewer {
  kind: 'anonymous' | 'guest' | 'user' | 'service';
  /** The customer's id for a guest or user, the subgraph's name for a service. */
  id: string | null;
  sessionId: string | null;
  roles: readonly Role[];
  permissions: ReadonlySet<Permission>;
}

const anonymous: Viewer = { kind: 'anonymous', id: null, sessionId: null, roles: [], permissions: new Set() };

const text = (value: unknown): string | null => (typeof value === 'string' && value ? value : null);

/** Claims that name no known kind make an anonymous viewer: deny by default. */
export function viewerOf(caller: Caller): Viewer {
  const { claims } = caller;
  const id = text(claims?.['sub']);
  const kind = claims?.['kind'];
  if (!id || (kind !== 'guest' && kind !== 'user' && kind !== 'service')) return anonymous;
  const claimed = Array.isArray(claims?.['roles']) ? (claims['roles'] as unknown[]) : [];
  const held = kind === 'user' ? roles.filter((role) => claimed.includes(role)) : [];
  return {
    kind,
    id,
    sessionId: text(claims?.['sid']),
    roles: held,
    permissions: new Set(held.flatMap((role) => permissionsOfRole[role])),
  };
}

export const isCustomer = (viewer: Viewer): boolean => viewer.kind === 'guest' || viewer.kind === 'user';

/** Services may do all that staff may: they act for the shop. */
export const may = (viewer: Viewer, permission: Permission): boolean =>
  viewer.kind === 'service' || viewer.permissions.has(permission);

/** The id of the guest or user; an UNAUTHENTICATED error for anybody else. */
export function requireCustomer(viewer: Viewer): string {
  if (!isCustomer(viewer) || !viewer.id) throw notSignedIn();
  return viewer.id;
}

/** The id of the registered user; an UNAUTHENTICATED error for guests and anonymous visitors. */
export function requireUser(viewer: Viewer): string {
  if (viewer.kind !== 'user' || !viewer.id) throw notSignedIn();
  return viewer.id;
}

export function requirePermission(viewer: Viewer, permission: Permission): void {
  if (may(viewer, permission)) return;
  if (viewer.kind === 'anonymous') throw notSignedIn();
  throw forbidden(permission);
}

/** Whether the viewer may see what belongs to `customerId`: its owner, or staff with `permission`. */
export const maySee = (viewer: Viewer, customerId: string | null, permission: Permission): boolean =>
  may(viewer, permission) || (isCustomer(viewer) && customerId !== null && viewer.id === customerId);
