import { every, owner, type Policy } from '../shared/policy.js';
import type { MethodOwner, PaymentMethod } from './payment-method/rules.js';
import type { Payment } from './payment/rules.js';

const ofPayment = owner<Payment>((payment) => payment.customerId, 'payments:read');
const ofMethod = owner<PaymentMethod>((method) => method.customerId, 'payments:read');
const staff = 'staff:payments:read';

/** Who may read or call each field. */
export const policy: Policy = {
  Query: {
    payment: 'customer',
    payments: staff,
    paymentsDeadLetters: 'staff:events:read',
    reconciliationBreaks: staff,
  },
  Mutation: {
    savePaymentMethod: 'user',
    setDefaultPaymentMethod: 'user',
    removePaymentMethod: 'user',
    refreshPayment: 'customer',
    retryPaymentsDeadLetters: 'staff:events:retry',
    resolveReconciliationBreak: 'staff:payments:refund',
    createPayment: 'internal',
    capturePayment: 'internal',
    cancelPayments: 'internal',
    refundPayment: 'internal',
  },
  // The service leaves out what belongs to others: an order's owner is known by its payments only.
  Order: { id: 'public', payments: 'customer' },
  User: { id: 'public', paymentMethods: owner<MethodOwner>((user) => user.id, 'payments:read') },
  Payment: {
    ...every(ofPayment, [
      'id',
      'order',
      'status',
      'amount',
      'captureMethod',
      'authorizedUntil',
      'capturedAmount',
      'refundedAmount',
      'method',
      'failureCode',
      'failureMessage',
      'refunds',
      'createdAt',
      'updatedAt',
    ]),
    ...every(staff, ['initiatedBy', 'fee', 'providerReference', 'risk', 'compliance', 'attempts']),
  },
  // Reached through a payment or method alone, whose rule has been asked.
  PaymentMethodDetails: every('customer', ['type', 'brand', 'last4', 'expiryMonth', 'expiryYear']),
  PaymentMethod: every(ofMethod, [
    'id',
    'type',
    'brand',
    'last4',
    'expiryMonth',
    'expiryYear',
    'default',
    'createdAt',
  ]),
  Refund: every('customer', ['id', 'status', 'amount', 'reason', 'createdAt']),
  RiskAssessment: every(staff, ['score', 'level', 'decision', 'reasons']),
  RiskReason: every(staff, ['code', 'message', 'weight']),
  ComplianceCheck: every(staff, ['passed', 'reasons', 'findings']),
  ComplianceFinding: every(staff, ['code', 'message']),
  ReconciliationBreak: every(staff, [
    'id',
    'kind',
    'subject',
    'status',
    'providerReference',
    'payment',
    'refundId',
    'order',
    'shop',
    'provider',
    'foundAt',
    'seenAt',
    'resolvedAt',
    'resolvedBy',
    'resolver',
    'note',
  ]),
  ReconciliationBooking: every(staff, ['status', 'amount']),
  PaymentAttempt: every(staff, ['id', 'action', 'status', 'code', 'providerReference', 'occurredAt']),
};
