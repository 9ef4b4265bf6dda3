import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guestCaller, staffCaller, userCaller } from '../../../tests/testkit/parts.js';
import type { Caller } from '../../shared/caller.js';
import { formatMoney } from '../../shared/money.js';
import type { MailedOrder } from '../mail/rules.js';
import { lampId, mailedOrder, returnId, shipmentId } from './mailed-order.js';
import { password, startUsers, type UsersUnderTest } from './users.js';

const orders = new Map<string, MailedOrder>();
let ordersAreDown = false;
let shop: UsersUnderTest;
const dataFolder = mkdtempSync(join(tmpdir(), 'hanse-mail-'));
const folder = join(dataFolder, 'mail');
beforeAll(async () => {
  shop = await startUsers(
    {
      orders: {
        execute: async ({ query, variables }) => {
          if (query.includes('issueOrderAccess')) return { data: { issueOrderAccess: 'c0de' } };
          if (ordersAreDown) throw new Error('orders is down');
          return { data: { orderForMail: orders.get(String(variables?.['id'])) ?? null } };
        },
      },
    },
    // Also where the tests run with a mail server: this is about the folder.
    { HANSE_DATA: dataFolder, SMTP_URL: '', SHOP_ORDER_URL: 'https://shop.example/o/{number}#{code}' },
  );
  await shop.users.start();
});
afterAll(async () => {
  await shop.close();
  rmSync(dataFolder, { recursive: true, force: true });
});

const filesOf = (eventId: string): string[] => {
  try {
    return readdirSync(folder).filter((name) => name.includes(eventId));
  } catch {
    return [];
  }
};

/** Quoted-printable as people see it. */
const readable = (text: string): string =>
  Buffer.from(
    text
      .replaceAll(/=\r?\n/g, '')
      .replaceAll(/=([0-9A-F]{2})/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString();

const mailOf = (eventId: string): string => {
  const [file = ''] = filesOf(eventId);
  return readable(readFileSync(join(folder, file), 'utf8'));
};

/** Delivers an event and gives its id. */
const tell = async (type: string, payload: Record<string, unknown>): Promise<string> => {
  const id = shop.parts.newId();
  expect(await shop.deliver('mail', { id, type, payload })).toEqual({ failed: null });
  return id;
};
const newOrder = (changes: Partial<MailedOrder> = {}): string => {
  const orderId = shop.parts.newId();
  orders.set(orderId, mailedOrder(changes));
  return orderId;
};

test('who registers is welcomed in a mail that a person can read', async () => {
  const { id, email, username } = await shop.newUser();
  const mail = mailOf(await tell('UserRegistered', { userId: id, locale: 'en-GB' }));
  expect(mail).toContain('From: Hanse <shop@example.com>');
  expect(mail).toContain(`To: Ann Lee <${email.toLowerCase()}>`);
  expect(mail).toContain('Subject: Welcome to Hanse');
  expect(mail).toContain(`You are known here as ${username}.`);
});

test('a repeat of an event replaces its mail: there is one file, and no draft is left', async () => {
  const { id: userId } = await shop.newUser();
  const payload = { userId, locale: 'en-GB' };
  const id = await tell('UserRegistered', payload);
  const first = mailOf(id);
  await shop.deliver('mail', { id, type: 'UserRegistered', payload });
  expect(filesOf(id)).toEqual([`${id}.email@example.com.eml`]);
  const withoutBoundary = (mail: string): string => mail.replaceAll(/--_NmP-[\w-]+/g, '--');
  expect(withoutBoundary(mailOf(id))).toBe(withoutBoundary(first));
  expect(first).toContain(`Message-ID: <${id}.email@example.com>`);
  expect(readdirSync(folder).filter((name) => name.endsWith('.draft'))).toEqual([]);
});

test('whose account others made gets no welcome', async () => {
  const { id: userId } = await shop.newUser();
  const payload = { userId, locale: 'en-GB', madeByOthers: true };
  const id = await tell('UserRegistered', payload);
  await shop.deliver('mail', { id, type: 'UserRegistered', payload });
  expect(filesOf(id)).toEqual([]);
});

test('an account that is gone by then gets no welcome', async () => {
  const id = await tell('UserRegistered', { userId: shop.parts.newId(), locale: 'en-GB' });
  expect(filesOf(id)).toEqual([]);
});

test('the confirmation of an order lists what was ordered, and is escaped in its HTML', async () => {
  const orderId = newOrder();
  const mail = mailOf(await tell('OrderAwaitsPayment', { orderId, customerId: shop.parts.newId() }));
  expect(mail).toContain('To: Ann Lee <guest@example.com>');
  expect(mail).toContain('Subject: Your order H-2026-ABC');
  expect(mail).toMatch(/2 × Lamp <b>bright<\/b> +€39\.98/);
  expect(mail).toContain('2 × Lamp &lt;b&gt;bright&lt;/b&gt;</td>');
  expect(mail).toMatch(/Total +€49\.88/);
  expect(mail).toContain('Please pay it by 22 November 2026 at 12:30 UTC');
  expect(mail).toContain('Ship to:\nAnn Lee\nKai 1\n23552 Lübeck\nDE');
});

test.each([
  ['OrderConfirmed', {}, 'Order H-2026-ABC is confirmed', 'is set aside'],
  ['OrderPaid', {}, 'Order H-2026-ABC is paid', 'received its payment'],
  ['PaymentFailed', {}, 'The payment of order H-2026-ABC did not succeed', 'try it again, with another card'],
  ['OrderShipped', { shipmentId }, 'Order H-2026-ABC is on its way', 'Post, Tracking number: T-1'],
  ['OrderDelivered', { shipmentId }, 'Order H-2026-ABC has arrived', 'has been delivered'],
  [
    'OrderRefunded',
    { amount: '3998', currencyCode: 'EUR' },
    'Money back for order H-2026-ABC',
    'sent €39.98',
  ],
  ['OrderCancelled', {}, 'Order H-2026-ABC is cancelled', 'has been cancelled'],
  ['OrderChanged', {}, 'Order H-2026-ABC is changed', 'Please pay it by 22 November 2026 at 12:30 UTC'],
  [
    'BackorderFilled',
    { lines: [{ variantId: lampId, quantity: 1 }] },
    'Stock has come for order H-2026-ABC',
    '1 × Lamp <b>bright</b>',
  ],
  [
    'ReturnApproved',
    { returnId },
    'You can send back articles of order H-2026-ABC',
    'Label for the parcel:\nhttps://carrier.example/labels/1',
  ],
  ['ReturnRejected', { returnId }, 'About your return for order H-2026-ABC', 'cannot take these articles'],
  ['ReturnReceived', { returnId }, 'Your return for order H-2026-ABC has arrived', '1 × Lamp'],
])('%s is told', async (type, facts, subject, sentence) => {
  const mail = mailOf(await tell(type, { orderId: newOrder(), ...facts }));
  expect(mail.replaceAll(/\r?\n +/g, ' ')).toContain(`Subject: ${subject}`);
  expect(mail).toContain(sentence);
});

test('news that a release before had subscribed to are told as today, while they still matter, and never die', async () => {
  const mail = mailOf(await tell('OrderCreated', { orderId: newOrder() }));
  expect(mail).toContain('Subject: Your order H-2026-ABC');
  expect(mail).toContain('Please pay it by 22 November 2026 at 12:30 UTC');
  for (const type of ['OrderCreated', 'OrderAwaitsPayment'])
    for (const status of ['PAID', 'CANCELLED'] as const)
      expect(filesOf(await tell(type, { orderId: newOrder({ status }) }))).toEqual([]);
  const wanted = await shop.db.eventSubscription.findMany({ where: { consumer: 'mail' } });
  expect(wanted.map((one) => one.eventType)).toContain('OrderAwaitsPayment');
  expect(wanted.map((one) => one.eventType)).not.toContain('OrderCreated');
});

test('a guest finds the way back to the order in the mails that say all of it, and in no other', async () => {
  const orderId = newOrder();
  expect(mailOf(await tell('OrderAwaitsPayment', { orderId }))).toContain(
    'https://shop.example/o/H-2026-ABC#c0de',
  );
  expect(mailOf(await tell('OrderCancelled', { orderId }))).not.toContain('c0de');
});

test('what waits for stock is said when it is ordered and when it is paid, and nothing is told of what is cancelled', async () => {
  const [lamp] = mailedOrder().items;
  if (!lamp) throw new Error('There is no lamp.');
  const items = [{ ...lamp, backorderedQuantity: 1, expectedAt: '2026-12-24T00:00:00Z' }];
  const orderId = newOrder({ items });
  const waits = 'Not in stock yet:\n1 × Lamp <b>bright</b>, expected on 24 December 2026';
  expect(mailOf(await tell('OrderAwaitsPayment', { orderId }))).toContain(waits);
  const paid = mailOf(await tell('OrderPaid', { orderId }));
  expect(paid).toContain(waits);
  expect(paid).not.toContain('pack it now');
  const cancelled = newOrder({ items, status: 'CANCELLED' });
  const lines = [{ variantId: lampId, quantity: 1 }];
  expect(filesOf(await tell('BackorderFilled', { orderId: cancelled, lines }))).toEqual([]);
});

test('a registered user gets mails in their own language, and none when they want none', async () => {
  const { id: customerId, caller } = await shop.newUser();
  await shop.ask(caller, 'mutation { updateProfile(input: { locale: "de-DE" }) { user { id } } }');
  const orderId = newOrder({ guest: false, customerId });
  const mail = mailOf(await tell('OrderAwaitsPayment', { orderId, customerId }));
  expect(mail).toContain('vielen Dank für Ihre Bestellung H-2026-ABC.');
  expect(mail).toContain(formatMoney({ amount: 4988n, currencyCode: 'EUR' }, 'de-DE'));
  await shop.ask(caller, 'mutation { updatePreferences(input: { email: false }) { user { id } } }');
  expect(filesOf(await tell('OrderPaid', { orderId, customerId }))).toEqual([]);
});

test('an order that is not there any more is mailed to nobody', async () => {
  expect(filesOf(await tell('OrderPaid', { orderId: shop.parts.newId() }))).toEqual([]);
});

test('while orders is down a mail waits, and is sent afterwards', async () => {
  ordersAreDown = true;
  const delivery = { id: shop.parts.newId(), type: 'OrderPaid', payload: { orderId: newOrder() } };
  expect(await shop.deliver('mail', delivery)).toEqual({ failed: 'orders is down' });
  ordersAreDown = false;
  expect(await shop.deliver('mail', delivery)).toEqual({ failed: null });
  expect(filesOf(delivery.id)).toHaveLength(1);
});

const mailsOf = async (caller: Caller, orderId: string): Promise<string[] | undefined> => {
  const { _entities: entities } = await shop.ask<{ _entities: { mails: { type: string }[] | null }[] }>(
    caller,
    'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Order { mails { type sentAt } } } }',
    { of: [{ __typename: 'Order', id: orderId }] },
  );
  return entities[0]?.mails?.map(({ type }) => type);
};

test('an order shows which mails about it went out, each once, to its customer and to staff', async () => {
  const guest = guestCaller();
  const orderId = newOrder({ customerId: String(guest.claims?.['sub']) });
  const placed = { id: shop.parts.newId(), type: 'OrderAwaitsPayment', payload: { orderId } };
  await shop.deliver('mail', placed);
  shop.parts.testClock.advance(1_000);
  await tell('OrderPaid', { orderId });
  expect(await shop.deliver('mail', placed)).toEqual({ failed: null });
  expect(await mailsOf(guest, orderId)).toEqual(['AWAITS_PAYMENT', 'PAID']);
  expect(await mailsOf(staffCaller('support'), orderId)).toEqual(['AWAITS_PAYMENT', 'PAID']);
  expect(await mailsOf(userCaller(), orderId)).toEqual([]);
});

test('a mail that nobody got is not shown', async () => {
  const guest = guestCaller();
  const orderId = newOrder({ customerId: String(guest.claims?.['sub']), status: 'CANCELLED' });
  const lines = [{ variantId: lampId, quantity: 1 }];
  await tell('BackorderFilled', { orderId, lines });
  expect(await mailsOf(guest, orderId)).toEqual([]);
});

test('a guest who signs in takes along what was mailed', async () => {
  const guest = guestCaller();
  const user = await shop.newUser();
  const orderId = newOrder({ customerId: String(guest.claims?.['sub']) });
  await tell('OrderPaid', { orderId });
  const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { userErrors { code } } }';
  await shop.ask(guest, signIn, { input: { email: user.email, password } });
  expect([await mailsOf(guest, orderId), await mailsOf(user.caller, orderId)]).toEqual([[], ['PAID']]);
});
