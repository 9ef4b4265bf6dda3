/** Stand-ins for the subgraphs that orders calls: what they promise, in memory, and able to fail once. */
import type { Door } from '../../shared/call.js';
import { fromDecimal, money, toDecimal } from '../../shared/money.js';
import { newId } from '../../shared/ids.js';

export interface Variant {
  id: string;
  productId: string;
  amount: bigint;
  stock: number;
  /** When there will be more; it can be ordered before. */
  expectedAt?: string;
  purchasable: boolean;
  taxCategory: 'STANDARD' | 'REDUCED' | 'ZERO';
  weightGrams: number;
  categoryIds: string[];
}

export interface PaymentRecord {
  id: string;
  orderId: string;
  attemptKey: string;
  initiatedBy: string | null;
  status: string;
  amount: { amount: string; currencyCode: string };
  capturedAmount: { amount: string; currencyCode: string };
  /** What orders told of the buyer. */
  buyer?: Record<string, unknown> | undefined;
}

type Answer = Record<string, unknown>;
type Operation = (variables: Record<string, unknown>) => Answer;

/** Payment methods that end otherwise than in success. */
const outcomes: Record<string, string> = {
  pm_declined: 'FAILED',
  pm_3ds: 'REQUIRES_ACTION',
  pm_debit: 'PROCESSING',
  pm_transfer: 'REQUIRES_ACTION',
};

export class Neighbours {
  readonly variants = new Map<string, Variant>();
  /** What was decided for each order, as inventory keeps it. */
  readonly reservations = new Map<
    string,
    { status: string; lines: { variantId: string; quantity: number }[]; holdUntil: string }
  >();
  /** What was decided for each change of a reservation. */
  readonly changes = new Map<string, { status: string | null; shortages: Answer[] }>();
  readonly payments: PaymentRecord[] = [];
  /** Registered customers, with their saved addresses by id. */
  readonly customers = new Map<string, Map<string, object>>();
  readonly refunds = new Map<string, { orderId: string; amount: bigint }>();
  /** What was captured under which id. */
  readonly captures = new Map<string, PaymentRecord>();
  readonly calls: string[] = [];
  private readonly interruptions = new Map<string, () => Promise<void>>();
  private readonly failures: { operation: string; when: 'before' | 'after' }[] = [];

  variant(amount: bigint, more: Partial<Variant> = {}): Variant {
    const variant: Variant = {
      ...{ id: newId(), productId: newId(), amount, stock: 100, purchasable: true },
      ...{ taxCategory: 'STANDARD', weightGrams: 500, categoryIds: [] },
      ...more,
    };
    this.variants.set(variant.id, variant);
    return variant;
  }

  /** The next call of the operation dies before its work, or after it with its answer lost. */
  failOnce(operation: string, when: 'before' | 'after'): void {
    this.failures.push({ operation, when });
  }

  /** Does something else while the next call of the operation is under way. */
  onCall(operation: string, work: () => Promise<void>): void {
    this.interruptions.set(operation, work);
  }

  /** What of the lines the shop does not have: articles with `expectedAt` can be ordered all the same. */
  private backordered(lines: { variantId: string; quantity: number }[]): Answer[] {
    return lines.flatMap(({ variantId, quantity }) => {
      const variant = this.variants.get(variantId);
      const short = quantity - (variant?.stock ?? 0);
      return variant?.expectedAt && short > 0
        ? [{ variantId, quantity: short, expectedAt: variant.expectedAt }]
        : [];
    });
  }

  available(variantId: string): number {
    const reserved = [...this.reservations.values()]
      .filter((one) => one.status === 'RESERVED')
      .flatMap((one) => one.lines)
      .filter((line) => line.variantId === variantId)
      .reduce((sum, line) => sum + line.quantity, 0);
    return (this.variants.get(variantId)?.stock ?? 0) - reserved;
  }

  door(): Door {
    return {
      execute: async ({ query, variables }) => {
        const operation = /(?:query|mutation) (\w+)/.exec(query)?.[1] ?? '';
        this.calls.push(operation);
        // Answers take a moment, as over a network: twins overlap.
        await new Promise((resolve) => setTimeout(resolve, 2));
        this.fail(operation, 'before');
        const work = this.operations[operation];
        if (!work) throw new Error(`No stand-in for ${operation}.`);
        const data = JSON.parse(JSON.stringify(work(variables ?? {}))) as Answer;
        const interruption = this.interruptions.get(operation);
        this.interruptions.delete(operation);
        await interruption?.();
        this.fail(operation, 'after');
        return { data };
      },
    };
  }

  private fail(operation: string, when: 'before' | 'after'): void {
    const i = this.failures.findIndex((one) => one.operation === operation && one.when === when);
    if (i < 0) return;
    this.failures.splice(i, 1);
    throw new Error(`${operation} died ${when} its work`);
  }

  private readonly operations: Record<string, Operation> = {
    Customer: ({ id }) => ({ user: this.customers.has(id as string) ? { id } : null }),
    CustomerAddress: ({ customerId, addressId }) => ({
      customerAddress: this.customers.get(customerId as string)?.get(addressId as string) ?? null,
    }),
    VariantsForSale: ({ ids, currencyCode }) => ({
      variantsForSale: (ids as string[]).flatMap((id) => {
        const one = this.variants.get(id);
        if (!one) return [];
        const code = currencyCode as string;
        return [
          {
            ...{
              id,
              productId: one.productId,
              sku: `SKU-${id.slice(-4)}`,
              name: 'Lamp',
              purchasable: one.purchasable,
            },
            unitPrice: { amount: toDecimal(money(one.amount, code)), currencyCode: code },
            ...{
              taxCategory: one.taxCategory,
              weightGrams: one.weightGrams,
              categoryIds: one.categoryIds,
              imageUrl: null,
              attributes: { colour: 'red' },
            },
          },
        ];
      }),
    }),
    AvailableQuantities: ({ variantIds }) => ({
      availableQuantities: (variantIds as string[]).map((variantId) => ({
        variantId,
        quantity: this.variants.get(variantId)?.expectedAt ? 1_000 : this.available(variantId),
      })),
    }),
    ReserveStock: ({ input }) => {
      const { orderId, lines, holdUntil } = input as {
        orderId: string;
        lines: { variantId: string; quantity: number }[];
        holdUntil: string;
      };
      // The decision is stored: the same order gets the same answer, also when it was released since.
      if (!this.reservations.has(orderId)) {
        const short = lines.filter(
          (line) =>
            !this.variants.get(line.variantId)?.expectedAt && this.available(line.variantId) < line.quantity,
        );
        this.reservations.set(orderId, {
          status: short.length > 0 ? 'INSUFFICIENT' : 'RESERVED',
          lines,
          holdUntil,
        });
      }
      const decided = this.reservations.get(orderId);
      if (decided?.status === 'RELEASED')
        return {
          reserveStock: {
            status: null,
            shortages: [],
            backordered: [],
            userErrors: [
              { __typename: 'ConflictError', code: 'RESERVATION_ENDED', message: 'It has ended.' },
            ],
          },
        };
      const shortages =
        decided?.status === 'INSUFFICIENT'
          ? lines
              .filter((line) => this.available(line.variantId) < line.quantity)
              .map(({ variantId, quantity }) => ({
                variantId,
                requested: quantity,
                available: this.available(variantId),
              }))
          : [];
      const status = decided?.status === 'INSUFFICIENT' ? 'INSUFFICIENT' : 'RESERVED';
      const backordered = status === 'RESERVED' ? this.backordered(lines) : [];
      return { reserveStock: { status, shortages, backordered, userErrors: [] } };
    },
    ChangeReservation: ({ input }) => {
      const { orderId, changeId, lines } = input as {
        orderId: string;
        changeId: string;
        lines: { variantId: string; quantity: number }[];
      };
      const reservation = this.reservations.get(orderId);
      const has = (variantId: string): number =>
        reservation?.lines.find((line) => line.variantId === variantId)?.quantity ?? 0;
      let decided = this.changes.get(changeId);
      if (!decided) {
        const shortages = lines.flatMap(({ variantId, quantity }) => {
          const available = has(variantId) + this.available(variantId);
          const short = available < quantity && !this.variants.get(variantId)?.expectedAt;
          return short ? [{ variantId, requested: quantity, available }] : [];
        });
        const open = reservation?.status === 'RESERVED';
        decided = { status: !open ? null : shortages.length > 0 ? 'INSUFFICIENT' : 'RESERVED', shortages };
        this.changes.set(changeId, decided);
        // Nothing is let go yet: what orders tells at the end decides what.
        if (reservation && decided.status === 'RESERVED')
          reservation.lines = [
            ...reservation.lines.filter((line) => !lines.some((one) => one.variantId === line.variantId)),
            ...lines.map((line) => ({ ...line, quantity: Math.max(line.quantity, has(line.variantId)) })),
          ];
      }
      const userErrors =
        decided.status === null
          ? [{ __typename: 'ConflictError', code: 'RESERVATION_ENDED', message: 'It has ended.' }]
          : [];
      const backordered = decided.status === 'RESERVED' ? this.backordered(lines) : [];
      return { changeReservation: { ...decided, backordered, userErrors } };
    },
    ReleaseStock: ({ input }) => {
      const reservation = this.reservations.get((input as { orderId: string }).orderId);
      if (reservation?.status === 'RESERVED') reservation.status = 'RELEASED';
      return { releaseStock: { userErrors: [] } };
    },
    ExtendReservation: ({ input }) => {
      const { orderId, holdUntil } = input as { orderId: string; holdUntil: string };
      const reservation = this.reservations.get(orderId);
      if (reservation) reservation.holdUntil = holdUntil;
      return { extendReservation: { userErrors: [] } };
    },
    CreatePayment: ({ input }) => {
      const given = input as PaymentRecord & { paymentMethodId: string; captureMethod?: string };
      let payment = this.payments.find(
        (one) => one.attemptKey === given.attemptKey && one.orderId === given.orderId,
      );
      if (!payment) {
        const { orderId, attemptKey, initiatedBy, amount, buyer } = given;
        payment = {
          id: newId(),
          orderId,
          attemptKey,
          initiatedBy,
          amount,
          buyer,
          capturedAmount: amount,
          status:
            outcomes[given.paymentMethodId] ??
            (given.captureMethod === 'MANUAL' ? 'AUTHORIZED' : 'SUCCEEDED'),
        };
        this.payments.push(payment);
      }
      const failed = payment.status === 'FAILED';
      return {
        createPayment: {
          payment: {
            ...payment,
            method: { type: given.paymentMethodId === 'pm_transfer' ? 'BANK_TRANSFER' : 'CREDIT_CARD' },
            failureCode: failed ? 'card_declined' : null,
            failureMessage: failed ? 'Declined.' : null,
          },
          clientSecret: payment.status === 'REQUIRES_ACTION' ? 'secret' : null,
          nextActionUrl: payment.status === 'REQUIRES_ACTION' ? 'https://bank.example/confirm' : null,
          userErrors: [],
        },
      };
    },
    CancelPayments: ({ input }) => {
      const payments = this.payments.filter((one) => one.orderId === (input as { orderId: string }).orderId);
      for (const one of payments)
        if (one.status === 'REQUIRES_ACTION' || one.status === 'AUTHORIZED') one.status = 'CANCELLED';
      return {
        cancelPayments: {
          payments,
          allEnded: payments.every((one) => one.status !== 'PROCESSING'),
          userErrors: [],
        },
      };
    },
    CapturePayment: ({ input }) => {
      const { orderId, captureId, amount } = input as {
        orderId: string;
        captureId: string;
        amount: PaymentRecord['amount'];
      };
      const known = this.captures.get(captureId);
      const payment =
        known ?? this.payments.find((one) => one.orderId === orderId && one.status === 'AUTHORIZED');
      if (!payment)
        return {
          capturePayment: {
            payment: null,
            userErrors: [{ __typename: 'ConflictError', code: 'NOTHING_AUTHORIZED', message: 'Nothing.' }],
          },
        };
      if (!known) {
        this.captures.set(captureId, payment);
        payment.status = 'SUCCEEDED';
        payment.capturedAmount = amount;
      }
      return { capturePayment: { payment, userErrors: [] } };
    },
    RefundPayment: ({ input }) => {
      const { orderId, refundId, amount } = input as {
        orderId: string;
        refundId: string;
        amount: { amount: string; currencyCode: string };
      };
      if (!this.refunds.has(refundId))
        this.refunds.set(refundId, {
          orderId,
          amount: fromDecimal(amount.amount, amount.currencyCode) ?? 0n,
        });
      return { refundPayment: { refund: { id: refundId, status: 'SUCCEEDED' }, userErrors: [] } };
    },
  };

  /** What the order's payments took, less what was given back. */
  taken(orderId: string): bigint {
    const paid = this.payments
      .filter((one) => one.orderId === orderId && one.status === 'SUCCEEDED')
      .reduce(
        (sum, one) => sum + (fromDecimal(one.capturedAmount.amount, one.capturedAmount.currencyCode) ?? 0n),
        0n,
      );
    const back = [...this.refunds.values()]
      .filter((one) => one.orderId === orderId)
      .reduce((sum, one) => sum + one.amount, 0n);
    return paid - back;
  }
}
