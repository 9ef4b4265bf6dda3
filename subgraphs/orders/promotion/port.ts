/** The port through which a purchase's discounts are asked for, and our own promotions behind it. */
import { discountOf, inTurn, whyNotApplicable, type DiscountedLine, type Promotion } from './rules.js';

export interface PromotionQuestion {
  now: Date;
  currencyCode: string;
  /** At their list prices: `left` is quantity times unit price. */
  lines: readonly DiscountedLine[];
  /** As the customer entered them, upper case. */
  codes: readonly string[];
  /** What the shop has set: those of the codes, and those that need none. */
  promotions: readonly (Promotion & { usedByCustomer: number })[];
}

export interface AppliedPromotion {
  promotionId: string;
  code: string;
  name: string;
}

export interface PromotionAnswer {
  /** What each takes off each line, in the order in which they count. */
  reductions: (AppliedPromotion & { lines: readonly bigint[] })[];
  /** Who pays the shipping; null: the customer. */
  freeShipping: AppliedPromotion | null;
  /** Codes without effect, and why. */
  ineffective: { code: string; reason: string; unknown?: true }[];
}

/** Says what is taken off. What it answers is held to the lines' values by `checkedAnswer`. */
export interface PromotionPort {
  discountsOf(question: PromotionQuestion): Promise<PromotionAnswer>;
}

/** The answer, if no line loses more than it costs and nothing is negative; whatever engine gave it. Throws otherwise. */
export function checkedAnswer({ lines }: PromotionQuestion, answer: PromotionAnswer): PromotionAnswer {
  const lefts = lines.map((line) => line.left);
  for (const reduction of answer.reductions) {
    if (reduction.lines.length !== lefts.length)
      throw new Error(`${reduction.code} has no amount for each line.`);
    reduction.lines.forEach((amount, i) => {
      lefts[i] = (lefts[i] ?? 0n) - amount;
      if (amount < 0n || (lefts[i] ?? 0n) < 0n)
        throw new Error(`${reduction.code} takes off more than there is, or less than nothing.`);
    });
  }
  return answer;
}

/**
 * The shop's own promotions. They count one after the other (`inTurn`), each on what those before it have left. An exclusive
 * one counts where none has counted before it, and then it is the last.
 */
export function ownDiscounts({ codes, promotions, ...moment }: PromotionQuestion): PromotionAnswer {
  const lines = moment.lines.map((line) => ({ ...line }));
  const subtotal = lines.reduce((sum, line) => sum + line.left, 0n);
  const answer: PromotionAnswer = { reductions: [], freeShipping: null, ineffective: [] };
  let counted: AppliedPromotion | null = null;
  let alone = false;
  const known = promotions.filter((one) => one.automatic || codes.includes(one.code));
  for (const code of codes)
    if (!known.some((one) => one.code === code))
      answer.ineffective.push({ code, reason: `${code} is not a code of ours.`, unknown: true });
  for (const promotion of known.sort(inTurn)) {
    const { id: promotionId, code, name } = promotion;
    // Nobody asked for an automatic one: it has no effect in silence.
    const without = (reason: string): void =>
      void (codes.includes(code) && answer.ineffective.push({ code, reason }));
    const { usedByCustomer } = promotion;
    const reason = whyNotApplicable(promotion, { ...moment, subtotal, usedByCustomer });
    if (reason) without(reason);
    else if (counted && (alone || promotion.stacking === 'EXCLUSIVE'))
      without(`${code} cannot be combined with ${counted.code}.`);
    else {
      const applied = { promotionId, code, name };
      const off = discountOf(promotion, lines);
      if (promotion.kind === 'FREE_SHIPPING') answer.freeShipping ??= applied;
      else if (off.every((amount) => amount === 0n)) {
        without(`${code} counts for none of these articles.`);
        continue;
      } else answer.reductions.push({ ...applied, lines: off });
      lines.forEach((line, i) => (line.left -= off[i] ?? 0n));
      counted = applied;
      alone = promotion.stacking === 'EXCLUSIVE';
    }
  }
  return answer;
}

export const ownPromotions: PromotionPort = {
  discountsOf: (question) => Promise.resolve(ownDiscounts(question)),
};
