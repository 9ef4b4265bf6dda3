/** A promotion: a discount for those who know its code. */
import { invalidInput, type UserError } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { allocate, proportion } from '../../shared/money.js';

export const promotionKinds = ['BUY_X_GET_Y', 'PERCENT', 'FIXED', 'FREE_SHIPPING'] as const;
export type PromotionKind = (typeof promotionKinds)[number];

export interface Promotion {
  id: string;
  code: string;
  name: string;
  kind: PromotionKind;
  currencyCode: string;
  percentBasisPoints: number | null;
  amount: bigint | null;
  buyQuantity: number | null;
  getQuantity: number | null;
  minimumValue: bigint | null;
  /** The articles that it counts for; all when empty. */
  variantIds: string[];
  startsAt: Date;
  endsAt: Date | null;
  limitTotal: number | null;
  limitPerCustomer: number | null;
  redeemedCount: number;
}

export interface DiscountedLine {
  variantId: string;
  quantity: number;
  unitAmount: bigint;
  /** What is left of the line after the promotions before this one. */
  left: bigint;
}

export interface Moment {
  now: Date;
  currencyCode: string;
  /** Of all articles before discounts. */
  subtotal: bigint;
  /** How often the customer used it. */
  usedByCustomer: number;
}

/** Why the promotion has no effect now, for people; null where it may have one. */
export function whyNotApplicable(promotion: Promotion, moment: Moment): string | null {
  const { code } = promotion;
  if (moment.now < promotion.startsAt) return `${code} has not begun yet.`;
  if (promotion.endsAt && moment.now >= promotion.endsAt) return `${code} is over.`;
  if (promotion.limitTotal !== null && promotion.redeemedCount >= promotion.limitTotal)
    return `${code} has been used up.`;
  if (promotion.limitPerCustomer !== null && moment.usedByCustomer >= promotion.limitPerCustomer)
    return `${code} was used already.`;
  if (promotion.currencyCode !== moment.currencyCode && (promotion.amount ?? promotion.minimumValue) !== null)
    return `${code} counts for prices in ${promotion.currencyCode} only.`;
  if (promotion.minimumValue !== null && moment.subtotal < promotion.minimumValue)
    return `${code} needs articles of a higher value.`;
  return null;
}

/** Of every `buy + get` pieces the `get` cheapest are free, the pieces sorted by price, the dearest first. */
function freePieces(lines: readonly DiscountedLine[], buy: number, get: number): bigint[] {
  const order = lines
    .map((_, i) => i)
    .sort((a, b) => Number((lines[b]?.unitAmount ?? 0n) - (lines[a]?.unitAmount ?? 0n)) || a - b);
  const free = lines.map(() => 0n);
  let seen = 0;
  for (const i of order) {
    const line = lines[i];
    if (!line) continue;
    const before = freeOf(seen, buy, get);
    seen += line.quantity;
    const amount = BigInt(freeOf(seen, buy, get) - before) * line.unitAmount;
    free[i] = amount < line.left ? amount : line.left;
  }
  return free;
}

/** How many of the first `pieces` are free. */
function freeOf(pieces: number, buy: number, get: number): number {
  const groups = Math.floor(pieces / (buy + get));
  return groups * get + Math.max(0, (pieces % (buy + get)) - buy);
}

/** What the promotion takes off each line: never more than is left of it. FREE_SHIPPING takes nothing off the lines. */
export function discountOf(promotion: Promotion, lines: readonly DiscountedLine[]): bigint[] {
  const counts = (line: DiscountedLine): boolean =>
    promotion.variantIds.length === 0 || promotion.variantIds.includes(line.variantId);
  const lefts = lines.map((line) => (counts(line) ? line.left : 0n));
  const sum = lefts.reduce((a, b) => a + b, 0n);
  switch (promotion.kind) {
    case 'PERCENT':
      return allocate(proportion(sum, BigInt(promotion.percentBasisPoints ?? 0), 10_000n), lefts);
    case 'FIXED': {
      const amount = promotion.amount ?? 0n;
      return allocate(amount < sum ? amount : sum, lefts);
    }
    case 'BUY_X_GET_Y':
      return freePieces(
        lines.map((line) => (counts(line) ? line : { ...line, quantity: 0 })),
        promotion.buyQuantity ?? 1,
        promotion.getQuantity ?? 0,
      );
    case 'FREE_SHIPPING':
      return lines.map(() => 0n);
  }
}

type Draft = Omit<Promotion, 'id' | 'redeemedCount'>;

/** What is wrong with a promotion that staff want to make. */
export function promotionErrors(draft: Draft): UserError[] {
  const errors: UserError[] = [];
  const wrong = (field: string, message: string): void => void errors.push(invalidInput(message, [field]));
  if (!/^[A-Z0-9][A-Z0-9_-]{1,39}$/.test(draft.code))
    wrong('code', 'The code is 2 to 40 letters, digits, "-" and "_".');
  if (draft.name.trim() === '') wrong('name', 'A name is needed.');
  const percent = draft.percentBasisPoints ?? 0;
  if (draft.kind === 'PERCENT' && (percent < 1 || percent > 10_000))
    wrong('percentBasisPoints', 'A PERCENT promotion needs 1 to 10000 hundredths of a percent.');
  if (draft.kind === 'FIXED' && (draft.amount ?? 0n) <= 0n)
    wrong('amount', 'A FIXED promotion needs an amount.');
  if (draft.kind === 'BUY_X_GET_Y' && ((draft.buyQuantity ?? 0) < 1 || (draft.getQuantity ?? 0) < 1))
    wrong('buyQuantity', 'A BUY_X_GET_Y promotion needs buyQuantity and getQuantity.');
  if (!draft.variantIds.every(isId)) wrong('variantIds', 'These are not all ids of variants.');
  if (draft.endsAt && draft.endsAt <= draft.startsAt) wrong('endsAt', 'It ends before it begins.');
  if ((draft.limitTotal ?? 1) < 1) wrong('limitTotal', 'A limit is 1 at least.');
  if ((draft.limitPerCustomer ?? 1) < 1) wrong('limitPerCustomer', 'A limit is 1 at least.');
  if ((draft.minimumValue ?? 0n) < 0n) wrong('minimumValue', 'The value is not negative.');
  return errors;
}
