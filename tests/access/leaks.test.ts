/** Through the gateway, with the ids of another customer: nothing of theirs comes out, nothing of theirs changes. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildSchema, getNamedType, type GraphQLField, type GraphQLObjectType } from 'graphql';
import type { Client, GraphQLAnswer } from '../testkit/client.js';
import { attacksBy, type Attack } from './attack.js';
import { pathDocument, placesOf, rootFields, type SelectionOptions, type Step } from './documents.js';
import { policies } from './policies.js';
import { createWorld, type World } from './world.js';
import type { Customer } from './world/customer.js';
import { eventually, pause } from '../testkit/eventually.js';

const api = buildSchema(readFileSync(new URL('../../schema/api.graphql', import.meta.url), 'utf8'));

let world: World;
let untouched: string;

beforeAll(async () => {
  world = await createWorld();
  untouched = await settledView(world.victim);
});
afterAll(() => world.shop.close());

/** With what is for staff alone in it a whole answer would be refused, and show nothing at all. */
const forStaff = (type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): boolean =>
  Object.values(policies).some((policy) => {
    const rule = policy[type.name]?.[field.name];
    return typeof rule === 'string' && rule.startsWith('staff:');
  });

/** Goods change with what others buy, and recommendations with time; nothing in them is anybody's. */
const notPersonal = new Set(['Product', 'Recommendation', 'Availability', 'VariantPrice', 'StockLevel']);

const deep: SelectionOptions = {
  depth: 4,
  skip: (type, field) => forStaff(type, field) || notPersonal.has(getNamedType(field.type).name),
};

/** All that the customer and the staff see of the customer's things. */
async function viewOf(
  customer: Customer,
  readers: readonly Client[] = [customer.client, world.staff],
): Promise<string> {
  const views: unknown[] = [];
  for (const name of ['me', 'cart', 'order', 'payment']) {
    const step = rootFields(api).find(({ type, field }) => type.name === 'Query' && field.name === name);
    if (!step) throw new Error(`The API has no Query.${name}.`);
    for (const client of readers) {
      const staffToo = client === world.staff;
      const skip: SelectionOptions['skip'] = (type, field) =>
        notPersonal.has(getNamedType(field.type).name) || (!staffToo && forStaff(type, field));
      const document = pathDocument(api, [step], { depth: 5, skip, values: customer.values });
      // The staff's own account and cart are theirs; what they see of the customer's begins at an order or a payment.
      if (!staffToo || step.field.args.length > 0)
        views.push(await client.data(document.query, document.variables));
    }
  }
  return JSON.stringify(views, null, 1);
}

/** Consumers may still be at work: waits until two views in a row are the same. */
async function settledView(customer: Customer): Promise<string> {
  let before: string | undefined;
  return eventually(async () => {
    await pause(400);
    const after = await viewOf(customer);
    if (after === before) return after;
    before = after;
    return undefined;
  });
}

const allowedCodes = new Set([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'IDEMPOTENCY_KEY_REUSED',
]);

/** What is wrong with the answer to a stranger; empty when nothing is. */
function faultsOf(answer: GraphQLAnswer, victim: Customer, alsoKnown: string): string[] {
  const text = JSON.stringify(answer);
  const told = [...victim.canaries, ...victim.secrets].filter(
    (canary) => text.includes(canary) && !alsoKnown.includes(canary),
  );
  const codes = (answer.errors ?? []).map(({ extensions, message }) => extensions.code ?? message);
  return [
    ...told.map((canary) => `tells ${canary}: ${text}`),
    ...codes.filter((code) => !allowedCodes.has(code)).map((code) => `fails with ${code}: ${text}`),
    ...(answer.status >= 500 ? [`has the status ${answer.status}`] : []),
  ];
}

/** The answer without the ids that were asked for. */
function withoutIds(answer: GraphQLAnswer, variables: Record<string, unknown>): string {
  const ids = JSON.stringify(variables).match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? [];
  return ids.reduce((text, id) => text.replaceAll(id, 'ID'), JSON.stringify(answer));
}

async function run(
  client: Client,
  { name, document, harmless }: Attack,
  victim: Customer,
): Promise<string[]> {
  const answer = await client.request(document.query, document.variables);
  const faults = faultsOf(answer, victim, JSON.stringify(document.variables));
  if (harmless) {
    const other = await client.request(harmless.query, harmless.variables);
    const [told, untold] = [withoutIds(answer, document.variables), withoutIds(other, harmless.variables)];
    if (told !== untold) faults.push(`tells that it exists: ${told}, of nothing: ${untold}`);
  }
  return faults.map((fault) => `${name} ${fault}`);
}

const takesId = (step: Step): boolean => placesOf(step).some(({ type }) => getNamedType(type).name === 'ID');

const attackers = ['visitor', 'other', 'guest'] as const;

test.each(attackers)(
  'what is the customer’s stays theirs, whatever the %s asks with its ids',
  async (name) => {
    const { victim, shared } = world;
    const attacker = name === 'visitor' ? null : world[name];
    const client = attacker?.client ?? world.shop.visitor();
    const faults: string[] = [];
    let count = 0;
    for (const step of rootFields(api)) {
      if (step.type.name === 'Subscription' || (step.type.name === 'Mutation' && !takesId(step))) continue;
      const attacks = attacksBy({
        schema: api,
        step,
        shared,
        attacker: attacker?.values ?? {},
        victim: victim.values,
        selection: deep,
      });
      for (const attack of attacks) faults.push(...(await run(client, attack, victim)));
      count += attacks.length;
    }
    expect(faults).toEqual([]);
    expect(count).toBeGreaterThan(50);
    expect(await settledView(victim)).toBe(untouched);
  },
);

test('the customer sees all of it, so that the others could', async () => {
  const { victim } = world;
  const view = await viewOf(victim, [victim.client]);
  expect(victim.canaries.filter((canary) => !view.includes(canary))).toEqual([]);
  expect(victim.canaries.length).toBeGreaterThan(30);
});

test('what staff note for themselves is shown to staff alone', async () => {
  const { victim, staff } = world;
  const notes = 'query ($id: ID!) { order(id: $id) { notes { text } } }';
  const id = victim.values['orderId'];
  expect(JSON.stringify(await staff.data(notes, { id }))).toContain(victim.staffNote);
  expect(await victim.client.data(notes, { id })).toEqual({
    order: { notes: [{ text: expect.any(String) }] },
  });
  expect(await viewOf(victim, [victim.client])).not.toContain(victim.staffNote);
});

test('no stream tells of another customer’s things', async () => {
  const { victim, shared } = world;
  const answers: { name: string; answer: string }[] = [];
  for (const attacker of attackers) {
    const client = attacker === 'visitor' ? world.shop.visitor() : world[attacker].client;
    for (const step of rootFields(api).filter(({ type }) => type.name === 'Subscription')) {
      const document = pathDocument(api, [step], { ...deep, values: { ...shared, ...victim.values } });
      const stream = client.subscribe(document.query, document.variables);
      const answer = await stream.next().then(
        (event) => JSON.stringify(event),
        (error: unknown) => `refused: ${JSON.stringify(error)}`,
      );
      await stream.close();
      expect(victim.canaries.filter((canary) => answer.includes(canary))).toEqual([]);
      answers.push({ name: step.field.name, answer });
    }
  }
  const ofOrders = answers.filter(({ name }) => name === 'orderUpdated');
  expect(ofOrders).toHaveLength(attackers.length);
  for (const { answer } of ofOrders) expect(answer).toMatch(/^refused: .*(NOT_FOUND|UNAUTHENTICATED)/s);
});
