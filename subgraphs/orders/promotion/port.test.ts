import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkedAnswer, ownDiscounts, type PromotionQuestion } from './port.js';
import { promotionKinds, stackings, type DiscountedLine, type Promotion } from './rules.js';

type Counted = Promotion & { usedByCustomer: number };
const promotion = (code: string, more: Partial<Counted> = {}): Counted => ({
  ...{
    id: `id of ${code}`,
    code,
    name: code,
    kind: 'PERCENT',
    currencyCode: 'EUR',
    percentBasisPoints: 1000,
  },
  ...{ automatic: true, active: true, priority: 0, stacking: 'COMBINABLE', amount: null, buyQuantity: null },
  ...{
    getQuantity: null,
    minimumValue: null,
    variantIds: [],
    categoryIds: [],
    startsAt: new Date(0),
    endsAt: null,
  },
  ...{ limitTotal: null, limitPerCustomer: null, redeemedCount: 0, usedByCustomer: 0 },
  ...more,
});
const line = (unitAmount: bigint, quantity = 1, more: Partial<DiscountedLine> = {}): DiscountedLine => ({
  ...{
    variantId: `v${unitAmount}`,
    categoryIds: [],
    quantity,
    unitAmount,
    left: unitAmount * BigInt(quantity),
  },
  ...more,
});
const question = (
  promotions: Counted[],
  { codes = [], lines = [line(1000n)] }: { codes?: string[]; lines?: DiscountedLine[] } = {},
): PromotionQuestion => ({ now: new Date(1), currencyCode: 'EUR', lines, codes, promotions });
const taken = (...parameters: Parameters<typeof question>): unknown =>
  ownDiscounts(question(...parameters)).reductions.map(({ code, lines }) => [code, ...lines]);

test('promotions count by priority, each on what is left; automatic ones without their code', () => {
  const byCode = promotion('CODE', { automatic: false });
  expect(taken([promotion('AUTO'), byCode])).toEqual([['AUTO', 100n]]);
  expect(taken([promotion('AUTO'), byCode], { codes: ['CODE'] })).toEqual([
    ['AUTO', 100n],
    ['CODE', 90n],
  ]);
  const five = promotion('FIVE', { kind: 'FIXED', amount: 500n, priority: 1 });
  expect(taken([promotion('AUTO'), five])).toEqual([
    ['FIVE', 500n],
    ['AUTO', 50n],
  ]);
});

test('an exclusive promotion counts alone: first and last, or not at all', () => {
  const exclusive = promotion('ONLY', { stacking: 'EXCLUSIVE', automatic: false, priority: 1 });
  const other = promotion('OTHER', { automatic: false });
  const first = ownDiscounts(question([other, exclusive], { codes: ['OTHER', 'ONLY'] }));
  expect(first.reductions.map(({ code }) => code)).toEqual(['ONLY']);
  expect(first.ineffective).toEqual([{ code: 'OTHER', reason: 'OTHER cannot be combined with ONLY.' }]);
  const late = ownDiscounts(question([other, { ...exclusive, priority: -1 }], { codes: ['OTHER', 'ONLY'] }));
  expect(late.reductions.map(({ code }) => code)).toEqual(['OTHER']);
  expect(late.ineffective).toEqual([{ code: 'ONLY', reason: 'ONLY cannot be combined with OTHER.' }]);
  // One that counts for nothing keeps nobody out.
  const idle = { ...exclusive, variantIds: ['another'] };
  expect(taken([other, idle], { codes: ['OTHER', 'ONLY'] })).toEqual([['OTHER', 100n]]);
  const free = promotion('FREE', { kind: 'FREE_SHIPPING', stacking: 'EXCLUSIVE', priority: 1 });
  expect(ownDiscounts(question([other, free], { codes: ['OTHER'] }))).toMatchObject({
    freeShipping: { code: 'FREE' },
    reductions: [],
    ineffective: [{ code: 'OTHER' }],
  });
});

test('a promotion counts for its articles and for those in its categories', () => {
  const lines = [line(100n), line(200n, 1, { categoryIds: ['lamps', 'home'] }), line(300n)];
  expect(taken([promotion('A', { categoryIds: ['home'], variantIds: ['v300'] })], { lines })).toEqual([
    ['A', 0n, 20n, 30n],
  ]);
});

test('of pieces that come with others a part of the price can be off', () => {
  const half = promotion('HALF', {
    ...{ kind: 'BUY_X_GET_Y', buyQuantity: 1, getQuantity: 1, percentBasisPoints: 5000 },
  });
  expect(taken([half], { lines: [line(999n, 2)] })).toEqual([['HALF', 500n]]);
});

test('what was switched off says so to who has its code, and nothing to others', () => {
  const off = promotion('OFF', { active: false });
  expect(ownDiscounts(question([off])).ineffective).toEqual([]);
  expect(ownDiscounts(question([off], { codes: ['OFF', 'NO'] })).ineffective).toEqual([
    { code: 'NO', reason: 'NO is not a code of ours.', unknown: true },
    { code: 'OFF', reason: 'OFF does not count any more.' },
  ]);
});

test.each([
  ['more than a line costs', [[1001n]]],
  ['more than is left', [[600n], [401n]]],
  ['less than nothing', [[-1n]]],
  ['amounts for other lines', [[1n, 1n]]],
])('whatever the engine, %s is taken off no line', (_what, amounts) => {
  const reductions = amounts.map((lines) => ({ promotionId: 'p', code: 'P', name: 'P', lines }));
  expect(() => checkedAnswer(question([]), { reductions, freeShipping: null, ineffective: [] })).toThrow(
    'P ',
  );
});

/** Any promotions at all, right or not as staff could have set them. */
const anyPromotions = fc.array(
  fc.record({
    kind: fc.constantFrom(...promotionKinds),
    stacking: fc.constantFrom(...stackings),
    ...{ automatic: fc.boolean(), active: fc.boolean(), priority: fc.integer({ min: -2, max: 2 }) },
    percentBasisPoints: fc.integer({ min: 1, max: 10_000 }),
    amount: fc.bigInt({ min: 1n, max: 1_000_000n }),
    ...{ buyQuantity: fc.integer({ min: 1, max: 4 }), getQuantity: fc.integer({ min: 1, max: 4 }) },
    minimumValue: fc.option(fc.bigInt({ min: 0n, max: 1_000_000n })),
    variantIds: fc.subarray(['a', 'b']),
    categoryIds: fc.subarray(['lamps']),
    limitTotal: fc.option(fc.integer({ min: 1, max: 3 })),
    redeemedCount: fc.integer({ min: 0, max: 3 }),
  }),
  { maxLength: 6 },
);

test('no line loses more than it costs, and what counts keeps the rules of stacking', () => {
  const lines = fc.array(
    fc.tuple(
      fc.constantFrom('a', 'b', 'c'),
      fc.bigInt({ min: 0n, max: 10n ** 9n }),
      fc.integer({ min: 1, max: 99 }),
    ),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(lines, anyPromotions, (goods, records) => {
      const promotions = records.map((record, i) => promotion(`P${i}`, record));
      const asked = question(promotions, {
        codes: promotions.map(({ code }) => code),
        lines: goods.map(([variantId, unitAmount, quantity]) =>
          line(unitAmount, quantity, { variantId, categoryIds: variantId === 'c' ? ['lamps'] : [] }),
        ),
      });
      const { reductions, freeShipping, ineffective } = checkedAnswer(asked, ownDiscounts(asked));
      const counted = [...reductions, ...(freeShipping ? [freeShipping] : [])];
      const of = (code: string): Counted | undefined => promotions.find((one) => one.code === code);
      if (counted.some(({ code }) => of(code)?.stacking === 'EXCLUSIVE')) expect(counted).toHaveLength(1);
      const priorities = reductions.map(({ code }) => of(code)?.priority ?? 0);
      expect(priorities).toEqual([...priorities].sort((a, b) => b - a));
      for (const { code } of counted) {
        expect(of(code)?.active).toBe(true);
        expect(ineffective.map((one) => one.code)).not.toContain(code);
      }
    }),
    { numRuns: 2_000 },
  );
});
