/** A webhook: the provider says that something has happened to one of its objects. What, we ask it ourselves. */

export interface ProviderEvent {
  id: string;
  type: string;
  occurredAt: Date;
  objectId: string | null;
  /** The intent to which the object belongs, where it does. */
  intentId: string | null;
}

/**
 * Days that an event is kept after it came. The provider sends one again for 30 days at most; a card's dispute comes up to
 * 120 days after the payment, and who answers it looks at what was told when.
 */
export const keptDays = 180;

/** What is to be read anew. */
export interface Subject {
  kind: 'intent' | 'refund' | 'setup' | 'dispute';
  id: string;
}

const ofIntent = new Set([
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'payment_intent.processing',
  'payment_intent.requires_action',
  'payment_intent.canceled',
  'payment_intent.amount_capturable_updated',
  // Brings the fee where the provider reckons it later.
  'charge.updated',
]);
const ofRefund = new Set(['refund.created', 'refund.updated', 'refund.failed', 'charge.refund.updated']);

const ofSetup = new Set([
  'setup_intent.succeeded',
  'setup_intent.setup_failed',
  'setup_intent.requires_action',
  'setup_intent.canceled',
]);

const ofDispute = new Set([
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
]);

/** The types to subscribe to at the provider; others tell nothing that these do not. */
export const webhookEvents: readonly string[] = [...ofIntent, ...ofRefund, ...ofSetup, ...ofDispute];

/** What the event bids us read; null where it tells nothing that the others do not. */
export function subjectOf(event: ProviderEvent): Subject | null {
  if (ofIntent.has(event.type) && event.intentId) return { kind: 'intent', id: event.intentId };
  if (ofRefund.has(event.type) && event.objectId) return { kind: 'refund', id: event.objectId };
  if (ofDispute.has(event.type) && event.objectId) return { kind: 'dispute', id: event.objectId };
  if (ofSetup.has(event.type) && event.objectId) return { kind: 'setup', id: event.objectId };
  return null;
}
