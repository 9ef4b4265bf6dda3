/** The audit log: what was done to an account, by whom. Entries are never changed or deleted. */
import type { Viewer } from '../../shared/viewer.js';

export type AuditAction =
  | 'REGISTERED'
  /** By an import or staff: the actor. */
  | 'ACCOUNT_CREATED'
  | 'SIGNED_IN'
  | 'SIGN_IN_FAILED'
  | 'REFRESH_TOKEN_REUSED'
  | 'PASSWORD_CHANGED'
  | 'ROLES_ASSIGNED'
  | 'ACCOUNT_DELETED';

export interface AuditEntry {
  id: string;
  action: string;
  /** Null where somebody tried an address that no account has. */
  userId: string | null;
  actorKind: Viewer['kind'];
  actorId: string | null;
  /** Ids and facts, no personal data: entries outlive the account. */
  details: Record<string, unknown>;
  correlationId: string;
  occurredAt: Date;
}
