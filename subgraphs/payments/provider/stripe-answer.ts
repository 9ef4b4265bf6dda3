/**
 * What is kept of Stripe's answer to an attempt. A list of what may be kept, not of what may not: a field that Stripe adds
 * tomorrow is not kept. None of these is of a person.
 */
import type { Stripe } from 'stripe';

interface Card {
  three_d_secure?: { result?: string | null; version?: string | null } | null;
  checks?: {
    cvc_check?: string | null;
    address_postal_code_check?: string | null;
  } | null;
  network?: string | null;
}

const textsOf = (all: Record<string, string | number | null | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[name, String(value).slice(0, 200)]],
    ),
  );

/** `latest_charge` expanded. */
export function answerOf(intent: Stripe.PaymentIntent, charge: Stripe.Charge | null): Record<string, string> {
  const { outcome } = charge ?? {};
  const card = (charge?.payment_method_details as { card?: Card | null } | null | undefined)?.card;
  const error = intent.last_payment_error;
  return textsOf({
    status: intent.status,
    cancellationReason: intent.cancellation_reason,
    charge: charge?.id,
    network: card?.network,
    networkStatus: outcome?.network_status,
    outcomeType: outcome?.type,
    outcomeReason: outcome?.reason,
    riskLevel: outcome?.risk_level,
    riskScore: outcome?.risk_score,
    networkDeclineCode: outcome?.network_decline_code,
    adviceCode: outcome?.network_advice_code ?? error?.advice_code,
    errorCode: error?.code,
    declineCode: error?.decline_code,
    threeDSecure: card?.three_d_secure?.result,
    threeDSecureVersion: card?.three_d_secure?.version,
    cvcCheck: card?.checks?.cvc_check,
    postalCodeCheck: card?.checks?.address_postal_code_check,
  });
}
