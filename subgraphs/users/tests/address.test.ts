import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { maxAddresses } from '../address/rules.js';
import { startUsers, type UsersUnderTest } from './users.js';

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
  (await shop.ask<{ saveAddress: Saved }>(caller, save, { input: { ...home, ...input } })).saveAddress;
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
  const remove = `mutation ($input: RemoveAddressInput!) { removeAddress(input: $input) { removedId userErrors { code } } }`;
  const input = { id: address?.id };
  expect(await shop.ask(caller, remove, { input })).toEqual({
    removeAddress: { removedId: address?.id, userErrors: [] },
  });
  expect(await shop.ask(caller, remove, { input })).toEqual({
    removeAddress: { removedId: null, userErrors: [{ code: 'NOT_FOUND' }] },
  });
  expect(await bookOf(caller)).toEqual([]);
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
  expect(
    await shop.ask(
      stranger.caller,
      'mutation ($input: RemoveAddressInput!) { removeAddress(input: $input) { userErrors { code } } }',
      { input: { id: address?.id } },
    ),
  ).toEqual({ removeAddress: { userErrors: [{ code: 'NOT_FOUND' }] } });
  expect(await bookOf(caller)).toEqual(before);
  expect(await bookOf(stranger.caller)).toEqual([]);
  expect(await shop.errorCode(guestCaller(), save, { input: home })).toBe('UNAUTHENTICATED');
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
