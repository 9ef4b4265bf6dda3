import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { staffCaller } from '../../../tests/testkit/parts.js';
import { newId } from '../../shared/ids.js';
import { createWorld, type UserErrorShape, type World } from './world.js';

let world: World;
const staff = staffCaller('admin');
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

interface Made {
  made: { id: string; code: string } | null;
  userErrors: UserErrorShape[];
}
type Input = Record<string, unknown>;

const promotion: Input = { name: '10 %', kind: 'PERCENT', percentBasisPoints: 1000, endsAt: null };
const shippingMethod: Input = {
  ...{ name: 'Parcel', carrier: 'DHL', service: 'Paket', countries: ['DE'], tiers: [{ price: '4.90' }] },
  ...{ estimatedDaysMin: 1, estimatedDaysMax: 2 },
};

const kinds = [
  {
    ...{ name: 'promotion', mutation: 'createPromotion', type: 'CreatePromotionInput', table: 'promotion' },
    ...{ facts: promotion, first: 'ONCE', second: 'TWICE', wrong: { percentBasisPoints: 0 } },
    right: { percentBasisPoints: 500 },
  },
  {
    ...{ name: 'shippingMethod', mutation: 'createShippingMethod', type: 'CreateShippingMethodInput' },
    ...{
      table: 'shipping_method',
      facts: shippingMethod,
      first: 'once',
      second: 'twice',
      wrong: { tiers: [] },
      right: { tiers: [{ price: '5.90' }] },
    },
  },
];

describe.each(kinds)('$mutation', ({ name, mutation, type, table, facts, first, second, wrong, right }) => {
  const query = `mutation ($input: ${type}!) {
    ${mutation}(input: $input) { made: ${name} { id code } userErrors { code message } } }`;
  const create = (input: Input, caller = staff): Promise<Made> =>
    world.ask(caller, query, { input: { ...facts, ...input } });
  const countOf = async (code: string): Promise<number> =>
    (await world.rows(`SELECT 1 FROM ${table} WHERE code = $1`, code)).length;

  test('asked once more, and by twins at once, it makes one and answers the same', async () => {
    const input = { idempotencyKey: newId(), code: first };
    const twins = await Promise.all([1, 2, 3].map(() => create(input)));
    world.parts.testClock.advance(60_000);
    const answers = [...twins, await create(input)];
    const id = answers[0]?.made?.id;
    expect(id).toEqual(expect.any(String));
    for (const answer of answers) expect(answer).toEqual({ made: { id, code: first }, userErrors: [] });
    expect(await countOf(first)).toBe(1);
  });

  test('the key with another input is refused, and belongs to who used it', async () => {
    const input = { idempotencyKey: newId(), code: second };
    await create(input);
    const other = { input: { ...facts, ...input, code: `${second}x` } };
    expect(await world.refused(staff, query, other)).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(await countOf(`${second}x`)).toBe(0);
    expect((await create(input, staffCaller('admin'))).userErrors).toMatchObject([{ code: 'CODE_TAKEN' }]);
  });

  test('a refusal is the key’s outcome: it is answered again when it would be otherwise', async () => {
    const code = `${first}-wrong`;
    const input = { idempotencyKey: newId(), code, ...wrong };
    const refused = await create(input);
    expect(refused.userErrors).toMatchObject([{ code: 'INVALID_INPUT' }]);
    expect(await create(input)).toEqual(refused);
    const again = { input: { ...facts, ...input, ...right } };
    expect(await world.refused(staff, query, again)).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(await countOf(code)).toBe(0);
    const taken = { idempotencyKey: newId(), code: first };
    expect((await create(taken)).userErrors).toMatchObject([{ code: 'CODE_TAKEN' }]);
    // The code gets free; upper case, as the table wants promotions'.
    await world.rows(`UPDATE ${table} SET code = code || '-OLD' WHERE code = $1`, first);
    expect((await create(taken)).userErrors).toMatchObject([{ code: 'CODE_TAKEN' }]);
    expect(await countOf(first)).toBe(0);
  });
});

test('a promotion that begins at once is given again after its end, as it was made', async () => {
  const endsAt = new Date(world.parts.clock().getTime() + 60_000).toISOString();
  const ask = (): Promise<unknown> =>
    world.ask(
      staff,
      `mutation ($input: CreatePromotionInput!) {
        createPromotion(input: $input) { promotion { startsAt endsAt } userErrors { code } } }`,
      { input: { ...promotion, idempotencyKey: 'short', code: 'SHORT', endsAt } },
    );
  const made = await ask();
  expect(made).toMatchObject({ promotion: { endsAt }, userErrors: [] });
  world.parts.testClock.advance(120_000);
  expect(await ask()).toEqual(made);
});
