// Disputes: a customer's bank takes a payment back, until it is shown that it was right. Test cards open them.
import type { Stripe } from 'stripe';
import { z } from 'zod';
import type { Call, Route } from './call.js';
import { route } from './call.js';
import { putBalanceTransaction } from './charges.js';
import { invalidRequest, resourceMissing } from './errors.js';
import { newId } from './ids.js';
import { pageOf, pageParams } from './lists.js';
import { flag, isInRange, mergeMetadata, metadata, range, text, unread } from './params.js';
import { findMethod } from './payment-methods.js';
import type { Unit } from './store.js';

/** What Stripe takes for a dispute, whoever wins it. */
const FEE = 1_500;
const DAYS_TO_ANSWER = 14;

const NO_EVIDENCE: Stripe.Dispute.Evidence = {
  ...{ access_activity_log: null, billing_address: null, cancellation_policy: null },
  ...{ cancellation_policy_disclosure: null, cancellation_rebuttal: null, customer_communication: null },
  ...{ customer_email_address: null, customer_name: null, customer_purchase_ip: null },
  ...{ customer_signature: null, duplicate_charge_documentation: null, duplicate_charge_explanation: null },
  ...{ duplicate_charge_id: null, enhanced_evidence: {}, product_description: null, receipt: null },
  ...{ refund_policy: null, refund_policy_disclosure: null, refund_refusal_explanation: null },
  ...{ service_date: null, service_documentation: null, shipping_address: null, shipping_carrier: null },
  ...{ shipping_date: null, shipping_documentation: null, shipping_tracking_number: null },
  ...{ uncategorized_file: null, uncategorized_text: null },
};

function putDispute(unit: Unit, dispute: Stripe.Dispute, ...events: string[]): Stripe.Dispute {
  unit.put('dispute', dispute);
  for (const event of events) unit.emit(event, dispute);
  return dispute;
}

/** Moves the disputed money: away from the merchant, or back. */
function move(unit: Unit, dispute: Stripe.Dispute, amount: number, fee: number): Stripe.Dispute {
  const { currency, id: source } = dispute;
  const moved = putBalanceTransaction(unit, { amount, currency, fee, source, type: 'adjustment' });
  return { ...dispute, balance_transactions: [...dispute.balance_transactions, moved] };
}

/** Opens the dispute of a test card whose charge has gone through; an inquiry moves no money. */
export function openDispute(unit: Unit, chargeId: string): void {
  const charge = unit.find('charge', chargeId);
  const reason = charge && findMethod(unit, charge.payment_method ?? '')?.behaviour.dispute;
  if (!charge || reason === undefined || charge.disputed) return;
  const isInquiry = reason === 'inquiry';
  const opened: Stripe.Dispute = {
    id: newId('du'),
    object: 'dispute',
    amount: charge.amount_captured,
    balance_transactions: [],
    charge: charge.id,
    created: unit.now,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: NO_EVIDENCE,
    evidence_details: {
      due_by: unit.now + DAYS_TO_ANSWER * 86_400,
      ...{ enhanced_eligibility: {}, has_evidence: false, past_due: false, submission_count: 0 },
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: isInquiry,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason: isInquiry ? 'general' : reason,
    status: isInquiry ? 'warning_needs_response' : 'needs_response',
  };
  unit.put('charge', { ...charge, disputed: true });
  if (isInquiry) return void putDispute(unit, opened, 'charge.dispute.created');
  const withdrawn = move(unit, opened, -opened.amount, FEE);
  putDispute(unit, withdrawn, 'charge.dispute.created', 'charge.dispute.funds_withdrawn');
}

const isClosed = ({ status }: Stripe.Dispute): boolean =>
  ['won', 'lost', 'warning_closed', 'prevented'].includes(status);

/** Ends it as the bank decides. Who wins gets the amount back, and not the fee. */
function decide(unit: Unit, dispute: Stripe.Dispute, wins: boolean): Stripe.Dispute {
  if (dispute.status.startsWith('warning_'))
    return putDispute(unit, { ...dispute, status: 'warning_closed' }, 'charge.dispute.closed');
  if (!wins) return putDispute(unit, { ...dispute, status: 'lost' }, 'charge.dispute.closed');
  const reinstated = move(unit, { ...dispute, status: 'won' }, dispute.amount, 0);
  return putDispute(unit, reinstated, 'charge.dispute.closed', 'charge.dispute.funds_reinstated');
}

function pathDispute(call: Call): Stripe.Dispute {
  const dispute = call.unit.find('dispute', call.id);
  if (!dispute) throw resourceMissing('dispute', call.id);
  return dispute;
}

const updateParams = z.strictObject({
  evidence: z.looseObject({ uncategorized_text: text.optional() }).optional(),
  metadata: metadata.optional(),
  submit: flag.optional(),
  intended_submission_method: unread,
});

/** `winning_evidence` and `losing_evidence` are Stripe's own words for tests; any other evidence stays under review. */
function update(call: Call<z.output<typeof updateParams>>): Stripe.Dispute {
  const { unit, params } = call;
  const before = pathDispute(call);
  if (isClosed(before)) throw invalidRequest('This dispute is already closed');
  const said = params.evidence?.uncategorized_text ?? null;
  const evidence = { ...before.evidence, uncategorized_text: said ?? before.evidence.uncategorized_text };
  const changed = { ...before, evidence, metadata: mergeMetadata(before.metadata, params.metadata) };
  if (!params.evidence || params.submit === false) return putDispute(unit, changed, 'charge.dispute.updated');
  if (said === 'winning_evidence' || said === 'losing_evidence')
    return decide(unit, changed, said === 'winning_evidence');
  const status = before.status.startsWith('warning_') ? 'warning_under_review' : 'under_review';
  return putDispute(unit, { ...changed, status }, 'charge.dispute.updated');
}

const listParams = z.strictObject({
  ...pageParams,
  charge: text.optional(),
  payment_intent: text.optional(),
  created: range.optional(),
});

export const disputeRoutes: readonly Route[] = [
  route('GET', '/v1/disputes', listParams, ({ unit, params }) => {
    const rows = unit
      .all('dispute')
      .filter((one) => params.charge === undefined || one.charge === params.charge)
      .filter((one) => params.payment_intent === undefined || one.payment_intent === params.payment_intent)
      .filter((one) => isInRange(one.created, params.created));
    return pageOf(rows, params, '/v1/disputes');
  }),
  route('GET', '/v1/disputes/:id', z.strictObject({}), pathDispute),
  route('POST', '/v1/disputes/:id', updateParams, update),
  route('POST', '/v1/disputes/:id/close', z.strictObject({}), (call) => {
    const before = pathDispute(call);
    if (isClosed(before)) throw invalidRequest('This dispute is already closed');
    return decide(call.unit, before, false);
  }),
];
