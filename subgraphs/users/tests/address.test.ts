import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { newId } from '../../shared/ids.js';
import { maxAddresses } from '../address/rules.js';
import { service, startUsers, type UsersUnderTest } from './users.js';

let shop: UsersUnderTest;
beforeAll(async () => {
  shop = await startUsers();
});
afterAll(() => shop.close());

const home = {
  firstName: 'Ann',
  lastName: 'Lee',
  line1: 'Kai 1',
  city: 'Lübeck',
  postalCode: '23552',
  country: 'DE',
};
const nothing = { company: null, line2: null, state: null, phone: null };
const fields = 'id type isDefault firstName lastName company line1 line2 city state postalCode country phone';
const save = `mutation ($input: SaveAddressInput!) {
  saveAddress(input: $input) { address { ${fields} } userErrors { code field } }
}`;
type Address = { id: string; type: string; isDefault: boolean } & Record<string, unknown>;
interface Saved {
  address: Address | null;
  userErrors: { code: string; field: string[] }[];
}
const saveAddress = async (caller: Caller, input: object): Promise<Saved> =>
  (
    await shop.ask<{ saveAddress: Saved }>(caller, save, {
      input: { idempotencyKey: newId(), ...home, ...input },
    })
  ).saveAddress;
const removeAddress = (caller: Caller, id: string | undefined): Promise<object> =>
  shop.ask(
    caller,
    'mutation ($input: RemoveAddressInput!) { removeAddress(input: $input) { removedId userErrors { code } } }',
    { input: { id } },
  );
const bookOf = async (caller: Caller): Promise<Address[]> =>
  (await shop.ask<{ me: { addresses: Address[] } }>(caller, `{ me { addresses { ${fields} } } }`)).me
    .addresses;

test('an address is added, replaced and removed', async () => {
  const { caller } = await shop.newUser();
  const { address } = await saveAddress(caller, { company: ' Lee Ltd ', line2: ' ' });
  const saved = { ...home, ...nothing, company: 'Lee Ltd', type: 'BOTH', isDefault: false, id: address?.id };
  expect(address).toEqual(saved);
  expect(await bookOf(caller)).toEqual([saved]);
  await saveAddress(caller, { id: address?.id, type: 'SHIPPING', city: 'Bremen', phone: '+49421123456' });
  const replaced = { ...saved, company: null, type: 'SHIPPING', city: 'Bremen', phone: '+49421123456' };
  expect(await bookOf(caller)).toEqual([replaced]);
  expect(await removeAddress(caller, address?.id)).toEqual({
    removeAddress: { removedId: address?.id, userErrors: [] },
  });
  expect(await bookOf(caller)).toEqual([]);
});

test('an address that is gone is answered as when it was removed; another user gets the same and removes nothing', async () => {
  const { caller } = await shop.newUser();
  const stranger = await shop.newUser();
  const [kept, gone] = [await saveAddress(caller, {}), await saveAddress(caller, {})];
  const goneId = gone.address?.id;
  const answer = (removedId: string | undefined) => ({ removeAddress: { removedId, userErrors: [] } });
  const twins = await Promise.all([1, 2].map(() => removeAddress(caller, goneId)));
  expect([...twins, await removeAddress(caller, goneId)]).toEqual([1, 2, 3].map(() => answer(goneId)));
  expect(await removeAddress(stranger.caller, kept.address?.id)).toEqual(answer(kept.address?.id));
  expect(await removeAddress(caller, 'no id')).toEqual(answer('no id'));
  expect(await bookOf(caller)).toEqual([kept.address]);
});

test('an address is saved once per key, asked again and by twins at once', async () => {
  const { caller } = await shop.newUser();
  const once = { idempotencyKey: newId() };
  const twins = await Promise.all([1, 2, 3].map(() => saveAddress(caller, once)));
  const answers = [...twins, await saveAddress(caller, once)];
  const [address] = await bookOf(caller);
  expect(await bookOf(caller)).toHaveLength(1);
  for (const answer of answers) expect(answer).toEqual({ address, userErrors: [] });

  const toKiel = { idempotencyKey: newId(), id: address?.id, city: 'Kiel' };
  await saveAddress(caller, toKiel);
  await saveAddress(caller, { id: address?.id, city: 'Bremen' });
  // It was done: what came after it stays.
  expect((await saveAddress(caller, toKiel)).address).toMatchObject({ city: 'Bremen' });
  expect(await shop.errorCode(caller, save, { input: { ...home, ...toKiel, city: 'Husum' } })).toBe(
    'IDEMPOTENCY_KEY_REUSED',
  );
  expect(await bookOf(caller)).toEqual([{ ...address, city: 'Bremen' }]);

  await removeAddress(caller, address?.id);
  expect(await saveAddress(caller, once)).toEqual({ address: null, userErrors: [] });
  expect(await bookOf(caller)).toEqual([]);
});

test('input that is wrong in itself leaves the key free, what else is refused is refused again, and keys of two users never meet', async () => {
  const { caller } = await shop.newUser();
  const stranger = await shop.newUser();
  const once = { idempotencyKey: newId() };
  expect((await saveAddress(caller, { ...once, line1: '' })).userErrors).toHaveLength(1);
  const unknown = { idempotencyKey: newId(), id: newId() };
  for (let time = 1; time <= 2; time += 1)
    expect((await saveAddress(caller, unknown)).userErrors).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect((await saveAddress(caller, once)).userErrors).toEqual([]);
  expect((await saveAddress(stranger.caller, { ...once, city: 'Kiel' })).userErrors).toEqual([]);
  expect([await bookOf(caller), await bookOf(stranger.caller)]).toMatchObject([
    [{ city: 'Lübeck' }],
    [{ city: 'Kiel' }],
  ]);
});

test("another user's address is not found, and not changed", async () => {
  const { caller } = await shop.newUser();
  const stranger = await shop.newUser();
  const { address } = await saveAddress(caller, {});
  const before = await bookOf(caller);
  const stolen = await saveAddress(stranger.caller, { id: address?.id, city: 'Elsewhere' });
  expect(stolen.userErrors).toEqual([{ code: 'NOT_FOUND', field: ['id'] }]);
  expect((await saveAddress(caller, { id: 'no id' })).userErrors).toEqual([
    { code: 'NOT_FOUND', field: ['id'] },
  ]);
  expect(await bookOf(caller)).toEqual(before);
  expect(await bookOf(stranger.caller)).toEqual([]);
  expect(await shop.errorCode(guestCaller(), save, { input: { idempotencyKey: newId(), ...home } })).toBe(
    'UNAUTHENTICATED',
  );
});

test('an address without a line or with too long a one is refused', async () => {
  const { caller } = await shop.newUser();
  const { userErrors } = await saveAddress(caller, { line1: '  ', postalCode: '1'.repeat(21) });
  expect(userErrors).toEqual([
    { code: 'INVALID_INPUT', field: ['line1'] },
    { code: 'INVALID_INPUT', field: ['postalCode'] },
  ]);
  expect(await bookOf(caller)).toEqual([]);
});

test('there is one default for parcels and one for bills, also when they are set at once', async () => {
  const { caller } = await shop.newUser();
  const defaults = async (): Promise<string[]> =>
    (await bookOf(caller)).filter(({ isDefault }) => isDefault).map(({ type }) => type);
  await saveAddress(caller, { isDefault: true, type: 'SHIPPING' });
  await saveAddress(caller, { isDefault: true, type: 'BILLING' });
  expect(await defaults()).toEqual(['SHIPPING', 'BILLING']);
  await saveAddress(caller, { isDefault: true, type: 'BOTH' });
  expect(await defaults()).toEqual(['BOTH']);
  const answers = await Promise.all(
    [1, 2, 3, 4].map(() => saveAddress(caller, { isDefault: true, type: 'SHIPPING' })),
  );
  expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
  expect(await defaults()).toEqual(['SHIPPING']);
});

test('an address book is full at fifty, also when two arrive at once', async () => {
  const { caller, id } = await shop.newUser();
  const { address } = await saveAddress(caller, {});
  const row = await shop.db.address.findUniqueOrThrow({ where: { id: address?.id ?? '' } });
  await shop.db.address.createMany({
    data: Array.from({ length: maxAddresses - 2 }, () => ({ ...row, id: shop.parts.newId() })),
  });
  const answers = await Promise.all([1, 2, 3].map(() => saveAddress(caller, {})));
  expect(answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual([
    'TOO_MANY_ADDRESSES',
    'TOO_MANY_ADDRESSES',
  ]);
  expect(await shop.db.address.count({ where: { userId: id } })).toBe(maxAddresses);
  expect((await saveAddress(caller, { id: address?.id, city: 'Kiel' })).userErrors).toEqual([]);
});

test("another subgraph reads a customer's saved address, and no one else's", async () => {
  const { caller, id } = await shop.newUser();
  const stranger = await shop.newUser();
  const { address } = await saveAddress(caller, { company: 'Lee Ltd', phone: '+49451123456' });
  const inClear = 'firstName lastName company line1 line2 city state postalCode country phone';
  const query = `query ($customerId: ID!, $addressId: ID!) {
    customerAddress(customerId: $customerId, addressId: $addressId) { ${inClear} }
  }`;
  const read = (customerId: string, addressId?: string): Promise<object> =>
    shop.ask(service, query, { customerId, addressId });
  const saved = { ...home, ...nothing, company: 'Lee Ltd', phone: '+49451123456' };
  expect(await read(id, address?.id)).toEqual({ customerAddress: saved });
  expect(await read(stranger.id, address?.id)).toEqual({ customerAddress: null });
  expect(await read(id, newId())).toEqual({ customerAddress: null });
  expect(await read('no id', 'nor this')).toEqual({ customerAddress: null });
  const own = { customerId: id, addressId: address?.id };
  expect(await shop.errorCode(caller, query, own)).toBe('FORBIDDEN');
});
