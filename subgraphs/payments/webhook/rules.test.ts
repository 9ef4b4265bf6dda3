import { expect, test } from '@jest/globals';
import { subjectOf } from './rules.js';

const event = { id: 'evt_1', occurredAt: new Date(0), objectId: 'x_1', intentId: 'pi_1' };

test.each([
  ['payment_intent.succeeded', { kind: 'intent', id: 'pi_1' }],
  ['charge.updated', { kind: 'intent', id: 'pi_1' }],
  ['refund.failed', { kind: 'refund', id: 'x_1' }],
  ['setup_intent.succeeded', { kind: 'setup', id: 'x_1' }],
  ['charge.dispute.funds_withdrawn', { kind: 'dispute', id: 'x_1' }],
  ['payment_intent.created', null],
  ['customer.created', null],
])('%s bids us read %j', (type, subject) => {
  expect(subjectOf({ ...event, type })).toEqual(subject);
});

test('a charge without an intent is nobody here', () => {
  expect(subjectOf({ ...event, intentId: null, type: 'charge.updated' })).toBeNull();
});
