/** A promotion: a discount, for those who know its code or for everybody. */
import { invalidInput, type UserError } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { allocate, proportion } from '../../shared/money.js';

export const promotionKinds = ['BUY_X_GET_Y', 'PERCENT', 'FIXED', 'FREE_SHIPPING'] as const;
export type PromotionKind = (typeof promotionKinds)[number];

/** EXCLUSIVE: counts alone. COMBINABLE: together with all that are combinable. */
export const stackings = ['COMBINABLE', 'EXCLUSIVE'] as const;
export type Stacking = (typeof stackings)[number];

export interface Promotion {
  id: string;
  code: string;
  name: string;
  kind: PromotionKind;
  currencyCode: string;
  /** Whether it counts without its code. */
  automatic: boolean;
  /** Whether it counts at all: staff may switch it off. */
  active: boolean;
  /** The highest counts first. */
  priority: number;
  stacking: Stacking;
  /** PERCENT: off the articles. BUY_X_GET_Y: off the free ones, all of their price when null. */
  percentBasisPoints: number | null;
  amount: bigint | null;
  buyQuantity: number | null;
  getQuantity: number | null;
  minimumValue: bigint | null;
  /** The articles that it counts for: these, and those in these categories; all when both are empty. */
  variantIds: string[];
  categoryIds: string[];
  startsAt: Date;
  endsAt: Date | null;
  limitTotal: number | null;
  limitPerCustomer: number | null;
  redeemedCount: number;
}

export interface DiscountedLine {
  variantId: string;
  /** The categories that it is in, with those above them. */
  categoryIds: readonly string[];
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
  if (!promotion.active) return `${code} does not count any more.`;
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

/** The order in which promotions count: by priority, then what takes pieces off before what takes shares off. */
export const inTurn = (a: Promotion, b: Promotion): number =>
  b.priority - a.priority ||
  promotionKinds.indexOf(a.kind) - promotionKinds.indexOf(b.kind) ||
  (a.code < b.code ? -1 : 1);

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Of every `buy + get` pieces the `get` cheapest are reduced, the pieces sorted by price, the dearest first. */
function reducedPieces(promotion: Promotion, lines: readonly DiscountedLine[]): bigint[] {
  const { buyQuantity, getQuantity, percentBasisPoints } = promotion;
  const [buy, get] = [buyQuantity ?? 1, getQuantity ?? 0];
  const order = lines
    .map((_, i) => i)
    .sort((a, b) => Number((lines[b]?.unitAmount ?? 0n) - (lines[a]?.unitAmount ?? 0n)) || a - b);
  const off = lines.map(() => 0n);
  let seen = 0;
  for (const i of order) {
    const line = lines[i];
    if (!line) continue;
    const before = freeOf(seen, buy, get);
    seen += line.quantity;
    const pieces = BigInt(freeOf(seen, buy, get) - before) * line.unitAmount;
    off[i] = least(proportion(pieces, BigInt(percentBasisPoints ?? 10_000), 10_000n), line.left);
  }
  return off;
}

/** How many of the first `pieces` are reduced. */
function freeOf(pieces: number, buy: number, get: number): number {
  const groups = Math.floor(pieces / (buy + get));
  return groups * get + Math.max(0, (pieces % (buy + get)) - buy);
}

const countsFor = ({ variantIds, categoryIds }: Promotion, line: DiscountedLine): boolean =>
  (variantIds.length === 0 && categoryIds.length === 0) ||
  variantIds.includes(line.variantId) ||
  line.categoryIds.some((id) => categoryIds.includes(id));

/** What the promotion takes off each line: never more than is left of it. FREE_SHIPPING takes nothing off the lines. */
export function discountOf(promotion: Promotion, lines: readonly DiscountedLine[]): bigint[] {
  const lefts = lines.map((line) => (countsFor(promotion, line) ? line.left : 0n));
  const sum = lefts.reduce((a, b) => a + b, 0n);
  switch (promotion.kind) {
    case 'PERCENT':
      return allocate(proportion(sum, BigInt(promotion.percentBasisPoints ?? 0), 10_000n), lefts);
    case 'FIXED':
      return allocate(least(promotion.amount ?? 0n, sum), lefts);
    case 'BUY_X_GET_Y':
      return reducedPieces(
        promotion,
        lines.map((line) => (countsFor(promotion, line) ? line : { ...line, quantity: 0 })),
      );
    case 'FREE_SHIPPING':
      return lines.map(() => 0n);
  }
}

type Draft = Omit<Promotion, 'id' | 'redeemedCount'>;
const maxScope = 500;

/** What is wrong with a promotion that staff want to have. */
export function promotionErrors(draft: Draft): UserError[] {
  const errors: UserError[] = [];
  const wrong = (field: string, message: string): void => void errors.push(invalidInput(message, [field]));
  if (!/^[A-Z0-9][A-Z0-9_-]{1,39}$/.test(draft.code))
    wrong('code', 'The code is 2 to 40 letters, digits, "-" and "_".');
  if (draft.name.trim() === '') wrong('name', 'A name is needed.');
  const percent = draft.percentBasisPoints ?? (draft.kind === 'PERCENT' ? 0 : 1);
  if (percent < 1 || percent > 10_000)
    wrong('percentBasisPoints', 'A percentage is 1 to 10000 hundredths of a percent, and PERCENT needs one.');
  if (draft.kind === 'FIXED' && (draft.amount ?? 0n) <= 0n)
    wrong('amount', 'A FIXED promotion needs an amount.');
  const { buyQuantity, getQuantity } = draft;
  if (draft.kind === 'BUY_X_GET_Y' && ((buyQuantity ?? 0) < 1 || (getQuantity ?? 0) < 1))
    wrong('buyQuantity', 'A BUY_X_GET_Y promotion needs buyQuantity and getQuantity.');
  for (const scope of ['variantIds', 'categoryIds'] as const)
    if (draft[scope].length > maxScope || !draft[scope].every(isId))
      wrong(scope, `These are not all ids, or more than ${maxScope}.`);
  if (draft.endsAt && draft.endsAt <= draft.startsAt) wrong('endsAt', 'It ends before it begins.');
  if ((draft.limitTotal ?? 1) < 1) wrong('limitTotal', 'A limit is 1 at least.');
  if ((draft.limitPerCustomer ?? 1) < 1) wrong('limitPerCustomer', 'A limit is 1 at least.');
  if ((draft.minimumValue ?? 0n) < 0n) wrong('minimumValue', 'The value is not negative.');
  if (Math.abs(draft.priority) > 1_000_000) wrong('priority', 'A priority is -1000000 to 1000000.');
  return errors;
}
