/**
 * Who may read or call each field of a subgraph: deny by default. One table per subgraph (its `policy.ts`); a field
 * without a row keeps the subgraph from starting. Services check as well, in the query where they can: this table is
 * the second wall, and what the generated access tests compare with.
 */
import {
  defaultFieldResolver,
  isInterfaceType,
  isObjectType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { clientError, forbidden, notSignedIn } from './errors.js';
import { isCustomer, may, type Permission, type Viewer } from './viewer.js';

export interface OwnerRule {
  /** The customer to whom the parent object belongs; null: to nobody. */
  ownerOf: (parent: never) => string | null | undefined;
  /** Staff with this permission may as well. */
  staff?: Permission;
}

export type Rule =
  /** Anybody. */
  | 'public'
  /** A guest or a user; the service answers with what is theirs only. */
  | 'customer'
  /** A registered user. */
  | 'user'
  /** Other subgraphs and timers: @inaccessible fields. */
  | 'internal'
  | `staff:${Permission}`
  | OwnerRule;

export type Policy = Record<string, Record<string, Rule>>;

/** The same rule for several fields. */
export const every = (rule: Rule, fields: readonly string[]): Record<string, Rule> =>
  Object.fromEntries(fields.map((field) => [field, rule]));

export const owner = <Parent>(
  ownerOf: (parent: Parent) => string | null | undefined,
  staff?: Permission,
): OwnerRule => ({
  ownerOf: ownerOf as OwnerRule['ownerOf'],
  ...(staff ? { staff } : {}),
});

/** Value types carry no rule of their own: who may read the field that returns one may read all of it. */
export function inheritsPolicy(type: GraphQLObjectType, valueTypes: ReadonlySet<string>): boolean {
  if (valueTypes.has(type.name) || type.name.startsWith('_')) return true;
  if (type.getInterfaces().some((one) => one.name === 'UserError')) return true;
  return /(Payload|Connection|Edge)$/.test(type.name);
}

function check(rule: Rule, viewer: Viewer, parent: unknown): void {
  if (rule === 'public' || viewer.kind === 'service') return;
  if (rule === 'customer' || rule === 'user') {
    if (rule === 'user' ? viewer.kind !== 'user' : !isCustomer(viewer)) throw notSignedIn();
    return;
  }
  if (rule === 'internal') throw clientError('FORBIDDEN', 'Only other services may call this.');
  if (typeof rule === 'string') {
    const permission = rule.slice('staff:'.length) as Permission;
    if (viewer.kind === 'anonymous') throw notSignedIn();
    if (!may(viewer, permission)) throw forbidden(permission);
    return;
  }
  if (rule.staff && may(viewer, rule.staff)) return;
  const ownerId = rule.ownerOf(parent as never);
  if (isCustomer(viewer) && ownerId && ownerId === viewer.id) return;
  throw clientError('FORBIDDEN', 'This belongs to another customer.');
}

/** Wraps every field of `schema` with its rule; throws, naming them, when rows are missing or name nothing. */
export function applyPolicy(schema: GraphQLSchema, policy: Policy, valueTypes: ReadonlySet<string>): void {
  const missing: string[] = [];
  const rows = new Set(
    Object.entries(policy).flatMap(([type, fields]) =>
      Object.keys(fields).map((field) => `${type}.${field}`),
    ),
  );
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || isInterfaceType(type) || !isObjectType(type)) continue;
    if (inheritsPolicy(type, valueTypes)) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.name === '_entities' || field.name === '_service') continue;
      const rule = policy[type.name]?.[field.name];
      rows.delete(`${type.name}.${field.name}`);
      if (!rule) {
        missing.push(`${type.name}.${field.name}`);
        continue;
      }
      if (rule === 'public') continue;
      const { resolve = defaultFieldResolver, subscribe } = field;
      field.resolve = (parent: unknown, parameters: unknown, context: { viewer: Viewer }, info) => {
        check(rule, context.viewer, parent);
        return resolve(parent, parameters as Record<string, unknown>, context, info);
      };
      if (subscribe) {
        field.subscribe = (parent: unknown, parameters: unknown, context: { viewer: Viewer }, info) => {
          check(rule, context.viewer, parent);
          return subscribe(parent, parameters as Record<string, unknown>, context, info);
        };
      }
    }
  }
  if (missing.length > 0) throw new Error(`policy.ts has no row for ${missing.join(', ')}: say who may.`);
  if (rows.size > 0)
    throw new Error(`policy.ts has rows for fields that do not exist: ${[...rows].join(', ')}.`);
}
