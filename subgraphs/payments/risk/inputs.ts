import { invalidInput, Refused } from '../../shared/errors.js';
import type { BuyerFacts } from './rules.js';

/** What orders tells of the buyer, as it comes in. */
export type BuyerFactsInput = { [Fact in keyof BuyerFacts]?: BuyerFacts[Fact] | undefined };

const longestText = 255;
const greatestCount = 1_000_000;

/** The facts, null where nothing is known; refused where one cannot be meant. */
export function buyerOf(input: BuyerFactsInput | null | undefined): BuyerFacts {
  const facts: BuyerFacts = {
    accountCreatedAt: input?.accountCreatedAt ?? null,
    mailDomain: input?.mailDomain ?? null,
    shippingCountry: input?.shippingCountry ?? null,
    billingCountry: input?.billingCountry ?? null,
    ipCountry: input?.ipCountry ?? null,
    addressKey: input?.addressKey ?? null,
    mailKey: input?.mailKey ?? null,
    ipKey: input?.ipKey ?? null,
    minimumAge: input?.minimumAge ?? null,
    confirmedAge: input?.confirmedAge ?? null,
  };
  for (const [name, value] of Object.entries(facts)) {
    const wrong =
      (typeof value === 'string' && (value === '' || value.length > longestText)) ||
      (typeof value === 'number' && (value < 0 || value > greatestCount));
    if (wrong) throw new Refused(invalidInput(`${name} is empty, negative or too much.`, ['buyer', name]));
  }
  return facts;
}
