import type { Fragment } from '../../shared/events/consequences.js';
import type { Db } from '../context.js';
import type { Prisma } from '../prisma.generated/client.js';
import type { Setup, SetupChange, SetupStatus } from './rules.js';

type Row = Prisma.PaymentMethodSetupGetPayload<object>;

const setupOf = ({ updatedAt: _updatedAt, status, ...row }: Row): Setup => ({
  ...row,
  status: status as SetupStatus,
});

export async function findSetup(db: Db, id: string): Promise<Setup | null> {
  const row = await db.paymentMethodSetup.findUnique({ where: { id } });
  return row && setupOf(row);
}

export async function findSetupOfProvider(db: Db, providerSetupId: string): Promise<Setup | null> {
  const row = await db.paymentMethodSetup.findUnique({ where: { providerSetupId } });
  return row && setupOf(row);
}

/** The open one for that method, else the last that saved it. */
export async function findSetupOfMethod(
  db: Db,
  customerId: string,
  providerMethodId: string,
): Promise<Setup | null> {
  const row = await db.paymentMethodSetup.findFirst({
    where: { customerId, providerMethodId, status: { in: ['PENDING', 'REQUIRES_ACTION', 'PROCESSING'] } },
    orderBy: { id: 'desc' },
  });
  return row && setupOf(row);
}

/** False, and nothing written, where one is open for that method. With what follows. */
export async function insertSetup(db: Db, setup: Setup, follows: Fragment): Promise<boolean> {
  const inserted = await db.$queryRaw<{ saved: number }[]>`
    WITH saved AS (
      INSERT INTO payment_method_setup (id, customer_id, provider_method_id, return_url, make_default, status, version,
                                        deadline, created_at, updated_at)
      VALUES (${setup.id}::uuid, ${setup.customerId}::uuid, ${setup.providerMethodId}, ${setup.returnUrl},
              ${setup.makeDefault}::boolean, ${setup.status}, ${setup.version}::int, ${setup.deadline}::timestamptz,
              ${setup.createdAt}::timestamptz, ${setup.createdAt}::timestamptz)
      ON CONFLICT DO NOTHING
      RETURNING id
    ) ${follows}
    SELECT count(*)::int AS saved FROM saved`;
  return inserted[0]?.saved === 1;
}

/** Writes the change and what follows, if the setup still is as `setup` says; false where it is not. */
export async function updateSetup(
  db: Db,
  setup: Setup,
  change: SetupChange,
  at: Date,
  follows: Fragment,
): Promise<boolean> {
  const updated = await db.$queryRaw<{ saved: number }[]>`
    WITH saved AS (
      UPDATE payment_method_setup SET status = ${change.status}, provider_setup_id = ${change.providerSetupId},
        payment_method_id = ${change.paymentMethodId}::uuid, failure_code = ${change.failureCode},
        failure_message = ${change.failureMessage}, version = version + 1, updated_at = ${at}::timestamptz
      WHERE id = ${setup.id}::uuid AND version = ${setup.version}::int AND status = ${setup.status}
      RETURNING id
    ) ${follows}
    SELECT count(*)::int AS saved FROM saved`;
  return updated[0]?.saved === 1;
}
