/** Requests with which a customer tries to reach what is another's: their ids, all of them or one among own ones. */
import { randomUUID } from 'node:crypto';
import { getNamedType, isInputObjectType, type GraphQLInputType, type GraphQLSchema } from 'graphql';
import {
  pathDocument,
  placesOf,
  valueAt,
  type GeneratedDocument,
  type SelectionOptions,
  type Step,
  type Values,
} from './documents.js';

export interface Attack {
  name: string;
  document: GeneratedDocument;
  /** The same with ids of nothing: the answer must not tell that the victim's exist. Null where it may differ. */
  harmless: GeneratedDocument | null;
}

const isIdentifier = (value: unknown): boolean =>
  typeof value === 'string' || (Array.isArray(value) && value.length > 0);

/** Where the field takes something that names what is the victim's. */
const targetsOf = (step: Step, victim: Values): string[] =>
  placesOf(step)
    .filter(
      ({ type, place }) => !isInputObjectType(getNamedType(type)) && isIdentifier(valueAt(victim, place)),
    )
    .map(({ place }) => place);

/** Ids and what has a value, and the input objects in which they lie. */
function givenFor(values: Values): (place: string, type: GraphQLInputType) => boolean {
  const wanted = (place: string, type: GraphQLInputType): boolean => {
    const named = getNamedType(type);
    if (!isInputObjectType(named)) return named.name === 'ID' || valueAt(values, place) !== undefined;
    return Object.values(named.getFields()).some((one) => wanted(`${named.name}.${one.name}`, one.type));
  };
  return wanted;
}

const random = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(() => randomUUID()) : randomUUID();

export interface AttackOptions {
  schema: GraphQLSchema;
  step: Step;
  shared: Values;
  attacker: Values;
  victim: Values;
  selection: SelectionOptions;
}

/** One request with everything of the victim's, and for each of its ids one in which all others are the attacker's. */
export function attacksBy({ schema, step, shared, attacker, victim, selection }: AttackOptions): Attack[] {
  const documentOf = (values: Values): GeneratedDocument =>
    pathDocument(schema, [step], { ...selection, values, given: givenFor(values) });
  const name = `${step.type.name}.${step.field.name}`;
  const targets = targetsOf(step, victim);
  const nothing = Object.fromEntries(targets.map((place) => [place, random(valueAt(victim, place))]));
  // A key alone makes the attacker act on what is their own, which a second time is another thing.
  const compared = targets.some((place) => !place.endsWith('.idempotencyKey'));
  const all: Attack = {
    name: `${name} with the victim's ${targets.join(', ') || 'nothing'}`,
    document: documentOf({ ...shared, ...victim }),
    harmless: compared ? documentOf({ ...shared, ...victim, ...nothing }) : null,
  };
  if (targets.length < 2) return [all];
  const mixed = targets.map((place): Attack => {
    const values = { ...shared, ...attacker, [place]: valueAt(victim, place) };
    return { name: `${name} with the victim's ${place} alone`, document: documentOf(values), harmless: null };
  });
  return [all, ...mixed];
}
