/**
 * Taxes from a service: `POST TAX_SERVICE_URL` with the lines, answered by their rates. The protocol is in
 * docs/services.md; what speaks Avalara, Stripe Tax or another is a small program that translates it.
 */
import { z } from 'zod';
import { toDecimal, money } from '../../shared/money.js';
import { TaxesUnavailable, type TaxPort, type TaxQuestion } from './port.js';
import { ppmOf } from './rules.js';

export interface TaxService {
  url: string;
  /** Sent as `Authorization: Bearer`. */
  token: string | undefined;
}

const rate = z.object({
  rate: z.string().transform((text, ctx) => {
    const ppm = ppmOf(text);
    if (ppm === null) ctx.addIssue({ code: 'custom', message: 'is no percentage' });
    return ppm ?? 0;
  }),
  name: z.string().min(1).max(100),
});
const answer = z.object({ lines: z.array(rate.nullable()) });

/** A checkout waits so long, milliseconds. */
const patience = 2_000;

const bodyOf = ({ destination, currencyCode, taxIncluded, at, lines }: TaxQuestion): string =>
  JSON.stringify({
    version: 1,
    ...{ currencyCode, taxIncluded, at: at.toISOString(), destination },
    lines: lines.map(({ variantId, taxCategory, quantity, amount }) => ({
      ...{ variantId, taxCategory, quantity },
      amount: toDecimal(money(amount, currencyCode)),
    })),
  });

/** Throws TaxesUnavailable where the service is away, slow, or answers what it should not. */
export function remoteTaxes({ url, token }: TaxService): TaxPort {
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const ask = async (question: TaxQuestion): Promise<unknown> => {
    const signal = AbortSignal.timeout(patience);
    const request = { method: 'POST', headers, body: bodyOf(question), signal, redirect: 'error' } as const;
    const response = await fetch(url, request);
    if (!response.ok) throw new Error(`It answered ${response.status}.`);
    return response.json();
  };
  return {
    taxesOf: async (question) => {
      const said = await ask(question).catch((cause: unknown) => {
        throw new TaxesUnavailable('The tax service gives no answer.', { cause });
      });
      const parsed = answer.safeParse(said);
      if (!parsed.success || parsed.data.lines.length !== question.lines.length)
        throw new TaxesUnavailable('The tax service gave no rate for each line.', { cause: parsed.error });
      return parsed.data.lines.map((line) => line && { ratePpm: line.rate, name: line.name });
    },
  };
}
