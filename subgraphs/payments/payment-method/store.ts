import type { Db } from '../context.js';
import type { Prisma } from '../prisma.generated/client.js';
import type { MethodType } from '../provider/provider.js';
import type { PaymentMethod } from './rules.js';

type Row = Prisma.PaymentMethodGetPayload<object>;

const methodOf = ({ isDefault, type, ...row }: Row): PaymentMethod => ({
  ...row,
  type: type as MethodType,
  default: isDefault,
});

/** The default first, then the newest. */
export async function findMethodsOfCustomers(
  db: Db,
  customerIds: readonly string[],
): Promise<PaymentMethod[]> {
  const rows = await db.paymentMethod.findMany({
    where: { customerId: { in: [...customerIds] } },
    orderBy: [{ isDefault: 'desc' }, { createdAt: 'desc' }, { id: 'desc' }],
  });
  return rows.map(methodOf);
}

export async function findProviderCustomerId(db: Db, customerId: string): Promise<string | null> {
  const row = await db.providerCustomer.findUnique({ where: { customerId } });
  return row?.providerCustomerId ?? null;
}

/** The one that is there wins over the one given. */
export async function saveProviderCustomer(
  db: Db,
  customerId: string,
  providerCustomerId: string,
  now: Date,
): Promise<void> {
  await db.$executeRaw`
    INSERT INTO provider_customer (customer_id, provider_customer_id, created_at)
    VALUES (${customerId}::uuid, ${providerCustomerId}, ${now}::timestamptz) ON CONFLICT DO NOTHING`;
}

/** Lets the user's methods be changed by one transaction at a time: their number and the default depend on each other. */
export async function lockMethods(db: Db, customerId: string): Promise<void> {
  await db.$queryRaw`SELECT 1 FROM provider_customer WHERE customer_id = ${customerId}::uuid FOR UPDATE`;
}

export async function clearDefault(db: Db, customerId: string): Promise<void> {
  await db.$executeRaw`UPDATE payment_method SET is_default = false WHERE customer_id = ${customerId}::uuid AND is_default`;
}

export async function setDefault(db: Db, id: string): Promise<void> {
  await db.$executeRaw`UPDATE payment_method SET is_default = true WHERE id = ${id}::uuid`;
}

export async function insertMethod(
  db: Db,
  method: PaymentMethod & {
    sealed: Uint8Array<ArrayBuffer>;
    /** Whose card it is, for the risk rules. */
    cardKey: string | null;
    cardCountry: string | null;
  },
): Promise<void> {
  const { default: isDefault, ...row } = method;
  await db.paymentMethod.create({ data: { ...row, isDefault } });
}

export async function deleteMethod(db: Db, id: string): Promise<void> {
  await db.$executeRaw`DELETE FROM payment_method WHERE id = ${id}::uuid`;
}

/** With the saved methods. */
export async function deleteProviderCustomer(db: Db, customerId: string): Promise<void> {
  await db.$executeRaw`DELETE FROM provider_customer WHERE customer_id = ${customerId}::uuid`;
}
