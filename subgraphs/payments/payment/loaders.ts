import DataLoader from 'dataloader';
import { open, type Vault } from '../../shared/vault.js';
import type { Db } from '../context.js';
import { groupBy } from '../group-by.js';
import type { SealedDetails } from '../payment-method/rules.js';
import type { ComplianceCheck } from '../compliance/rules.js';
import type { RiskAssessment } from '../risk/rules.js';
import type { MethodDetails, Payment, PaymentAttempt } from './rules.js';
import { findAttempts, findComplianceChecks, findRisks } from './history-store.js';
import { findPayments, findPaymentsOfOrders } from './store.js';

export interface PaymentLoaders {
  payment: DataLoader<string, Payment | null>;
  paymentsOfOrder: DataLoader<string, Payment[]>;
  methodDetails: DataLoader<Payment, MethodDetails | null>;
  risk: DataLoader<string, RiskAssessment | null>;
  compliance: DataLoader<string, ComplianceCheck | null>;
  attempts: DataLoader<string, PaymentAttempt[]>;
}

const nothingSealed: SealedDetails = { last4: null, expiryMonth: null, expiryYear: null };

async function openMethods(
  db: Db,
  vault: Vault,
  payments: readonly Payment[],
): Promise<(MethodDetails | null)[]> {
  const keys = await vault.findKeys(
    db,
    payments.flatMap((payment) => (payment.method?.sealed ? [payment.customerId] : [])),
  );
  return payments.map(({ id, customerId, method }) => {
    if (!method) return null;
    const key = keys.get(customerId);
    // No key: the customer was deleted, and with the key all that it sealed.
    const place = { table: 'payment', column: 'method_sealed', row: id };
    const details =
      key && method.sealed ? (JSON.parse(open(key, place, method.sealed)) as SealedDetails) : nothingSealed;
    return { type: method.type, brand: method.brand, ...details };
  });
}

/** `rows` by `paymentId`, in the order of `ids`. */
const inOrder = <Row extends { paymentId: string }>(ids: readonly string[], rows: Row[]): (Row | null)[] => {
  const byId = new Map(rows.map((row) => [row.paymentId, row]));
  return ids.map((id) => byId.get(id) ?? null);
};

export function createPaymentLoaders(db: Db, vault: Vault): PaymentLoaders {
  return {
    payment: new DataLoader(async (ids) => {
      const found = new Map((await findPayments(db, ids)).map((payment) => [payment.id, payment]));
      return ids.map((id) => found.get(id) ?? null);
    }),
    paymentsOfOrder: new DataLoader(async (orderIds) => {
      const found = groupBy(await findPaymentsOfOrders(db, orderIds), (payment) => payment.orderId);
      return orderIds.map((id) => found.get(id) ?? []);
    }),
    methodDetails: new DataLoader((payments) => openMethods(db, vault, payments)),
    risk: new DataLoader(async (ids) => inOrder(ids, await findRisks(db, ids))),
    compliance: new DataLoader(async (ids) => inOrder(ids, await findComplianceChecks(db, ids))),
    attempts: new DataLoader(async (ids) => {
      const found = groupBy(await findAttempts(db, ids), (attempt) => attempt.paymentId);
      return ids.map((id) => found.get(id) ?? []);
    }),
  };
}
