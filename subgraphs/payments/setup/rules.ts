/** A setup: saving a payment method for later without paying, with 3-D Secure where its bank wants that. */
import type { Failure, ProviderSetup } from '../provider/provider.js';

export const setupStatuses = [
  'PENDING',
  'REQUIRES_ACTION',
  'PROCESSING',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
] as const;
export type SetupStatus = (typeof setupStatuses)[number];

export interface Setup {
  id: string;
  customerId: string;
  /** What the provider's form gave. */
  providerMethodId: string;
  returnUrl: string | null;
  makeDefault: boolean;
  status: SetupStatus;
  version: number;
  providerSetupId: string | null;
  /** The method that was saved. */
  paymentMethodId: string | null;
  failureCode: string | null;
  failureMessage: string | null;
  /** Who has not come back from their bank by then is not waited for. */
  deadline: Date;
  createdAt: Date;
}

/** What the provider's truth may turn a setup into. */
export const transitions: Readonly<Record<SetupStatus, readonly SetupStatus[]>> = {
  PENDING: ['REQUIRES_ACTION', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  REQUIRES_ACTION: ['PENDING', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  PROCESSING: ['REQUIRES_ACTION', 'SUCCEEDED', 'FAILED', 'CANCELLED'],
  SUCCEEDED: [],
  FAILED: [],
  CANCELLED: [],
};

export const isOpen = ({ status }: Pick<Setup, 'status'>): boolean => transitions[status].length > 0;

/** What the provider's state means; a refused method ends the setup, since another method is another setup. */
export function statusOf({ status, failure }: Pick<ProviderSetup, 'status' | 'failure'>): SetupStatus {
  switch (status) {
    case 'requires_payment_method':
      return failure ? 'FAILED' : 'PENDING';
    case 'requires_confirmation':
      return 'PENDING';
    case 'requires_action':
      return 'REQUIRES_ACTION';
    case 'processing':
      return 'PROCESSING';
    case 'succeeded':
      return 'SUCCEEDED';
    case 'canceled':
      return failure ? 'FAILED' : 'CANCELLED';
  }
}

export interface SetupChange {
  status: SetupStatus;
  providerSetupId: string | null;
  paymentMethodId: string | null;
  failureCode: string | null;
  failureMessage: string | null;
}

export function changeTo(
  setup: Setup,
  status: SetupStatus,
  facts: { providerSetupId?: string; paymentMethodId?: string; failure?: Failure | null } = {},
): SetupChange {
  const failed = status === 'FAILED';
  return {
    status,
    providerSetupId: facts.providerSetupId ?? setup.providerSetupId,
    paymentMethodId: facts.paymentMethodId ?? setup.paymentMethodId,
    failureCode: failed ? (facts.failure?.code ?? 'declined') : null,
    failureMessage: failed ? (facts.failure?.message ?? null) : null,
  };
}

/** How long somebody has to come back from their bank. */
export const lifeMs = 3_600_000;

/** Names the setup at the provider: the same after a crash. */
export const providerKeyOf = (setupId: string): string => `seti:${setupId}`;

const minuteMs = 60_000;

/** When the provider is next asked without cause; null when the setup has ended, and only then. */
export function nextCheckAt(setup: Setup, now: Date): Date | null {
  if (!isOpen(setup)) return null;
  const age = now.getTime() - setup.createdAt.getTime();
  const next = now.getTime() + Math.min(Math.max(age, minuteMs), 10 * minuteMs);
  return new Date(setup.deadline > now ? Math.min(next, setup.deadline.getTime()) : next);
}
