import { connectionOf, pageOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import type { AuditAction, AuditEntry } from './rules.js';
import { insertAuditEntry, readAuditEntries } from './store.js';

export interface NewAuditEntry {
  action: AuditAction;
  /** The account that it is about, if there is one. */
  userId: string | null;
  /** No personal data: entries outlive the account. */
  details: Record<string, unknown>;
}

/** Notes what the viewer did; in the caller's transaction, if it has one. */
export async function recordAudit(ctx: Context, entry: NewAuditEntry): Promise<void> {
  await insertAuditEntry(ctx.db, {
    ...entry,
    id: ctx.newId(),
    actorKind: ctx.viewer.kind,
    actorId: ctx.viewer.id,
    correlationId: ctx.correlationId,
    occurredAt: ctx.clock(),
  });
}

/** Staff with users:read only. */
export async function auditLog(
  ctx: Context,
  parameters: PageArguments & { userId?: string | null | undefined },
): Promise<Connection<AuditEntry>> {
  requirePermission(ctx.viewer, 'users:read');
  const page = pageOf(parameters, ['time', 'id']);
  const entries = await readAuditEntries(ctx.db, parameters.userId ?? null, page);
  return connectionOf(entries, page, (entry) => [entry.occurredAt.toISOString(), entry.id]);
}
