import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { staffCaller } from '../../../tests/testkit/parts.js';
import { startUsers, type UsersUnderTest } from './users.js';

let shop: UsersUnderTest;
beforeAll(async () => {
  shop = await startUsers();
});
afterAll(() => shop.close());

const assign = `mutation ($input: AssignRolesInput!) {
  assignRoles(input: $input) { user { roles } userErrors { code field } }
}`;

test('an admin assigns roles, which is in the audit log; managers and customers may not', async () => {
  const admin = await shop.newUser('ADMIN');
  const { id, caller } = await shop.newUser();
  const input = { userId: id, roles: ['WAREHOUSE', 'SUPPORT'] };
  for (const stranger of [caller, staffCaller('manager')]) {
    expect(await shop.errorCode(stranger, assign, { input })).toBe('FORBIDDEN');
  }
  expect((await shop.db.userAccount.findUniqueOrThrow({ where: { id } })).roles).toEqual(['customer']);
  expect(await shop.ask(admin.caller, assign, { input })).toEqual({
    assignRoles: { user: { roles: ['CUSTOMER', 'SUPPORT', 'WAREHOUSE'] }, userErrors: [] },
  });
  const log = `query ($id: ID!) { auditLog(userId: $id, first: 1) { nodes { action actorKind actorId details } } }`;
  expect(await shop.ask(admin.caller, log, { id })).toEqual({
    auditLog: {
      nodes: [
        {
          action: 'ROLES_ASSIGNED',
          actorKind: 'user',
          actorId: admin.id,
          details: { before: ['customer'], after: ['customer', 'support', 'warehouse'] },
        },
      ],
    },
  });
  expect(await shop.ask(admin.caller, assign, { input: { userId: 'nobody', roles: [] } })).toEqual({
    assignRoles: { user: null, userErrors: [{ code: 'NOT_FOUND', field: ['userId'] }] },
  });
});

test('the last admin stays, also when two admins dismiss each other at once', async () => {
  await shop.db.userAccount.updateMany({ data: { roles: ['customer'] } });
  const [one, two] = [await shop.newUser('ADMIN'), await shop.newUser('ADMIN')];
  const dismiss = (by: typeof one, whom: typeof one) =>
    shop.ask<{ assignRoles: { userErrors: { code: string }[] } }>(by.caller, assign, {
      input: { userId: whom.id, roles: [] },
    });
  const answers = await shop.meetAt('user_account', 2, () =>
    Promise.all([dismiss(one, two), dismiss(two, one)]),
  );
  const codes = answers.flatMap(({ assignRoles }) => assignRoles.userErrors.map(({ code }) => code));
  expect(codes).toEqual(['LAST_ADMIN']);
  expect(await shop.db.userAccount.count({ where: { roles: { has: 'admin' } } })).toBe(1);
});

test('entries of the audit log cannot be changed or deleted', async () => {
  await shop.newUser();
  const before = await shop.db.auditEntry.count();
  await expect(shop.db.auditEntry.deleteMany()).rejects.toThrow('only ever added');
  await expect(shop.db.auditEntry.updateMany({ data: { action: 'NOTHING' } })).rejects.toThrow(
    'only ever added',
  );
  await expect(shop.db.$executeRawUnsafe('TRUNCATE audit_entry')).rejects.toThrow('only ever added');
  expect(await shop.db.auditEntry.count()).toBe(before);
});
