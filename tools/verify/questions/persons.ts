/** Persons: what is sealed can be opened until its person is erased, and never after. */
import { subgraphNames } from '../../../subgraphs/list.js';
import type { Question } from './question.js';

/** Where ciphertext stands, and whose: schema, table, the person's column, which rows hold some. */
const sealed: [schema: string, table: string, person: string, condition: string][] = [
  ['users', 'user_account', 'id', 'email IS NOT NULL'],
  ['users', 'address', 'user_id', 'true'],
  ['orders', 'cart', 'customer_id', 'num_nonnulls(email, shipping_address, billing_address) > 0'],
  ['orders', 'orders', 'customer_id', 'true'],
  ['payments', 'payment', 'customer_id', 'method_sealed IS NOT NULL'],
  ['payments', 'payment_method', 'customer_id', 'true'],
  ['recommendations', 'behaviour_event', 'subject_id', 'query IS NOT NULL'],
];

const sealedRows = sealed
  .map(
    ([schema, table, person, condition]) => `
      SELECT '${schema}.${table}' AS "table", '${schema}' AS schema, ${person} AS person, count(*) AS rows
      FROM ${schema}.${table} WHERE ${condition} GROUP BY ${person}`,
  )
  .join('\nUNION ALL\n');

const keys = subgraphNames
  .map((schema) => `SELECT '${schema}' AS schema, subject_id, created_at FROM ${schema}.subject_key`)
  .join('\nUNION ALL\n');

const data: Question[] = [
  {
    name: 'persons.sealed',
    holds: "what is sealed has its person's key, or the person was erased",
    looksAt: `(${sealedRows}) s`,
    sql: `
      SELECT s."table", s.person, s.rows FROM (${sealedRows}) s
      LEFT JOIN (${keys}) k ON k.schema = s.schema AND k.subject_id = s.person
      LEFT JOIN users.user_account u ON u.id = s.person
      LEFT JOIN recommendations.erased_subject e ON e.subject_id = s.person
      WHERE k.subject_id IS NULL AND u.deleted_at IS NULL AND e.subject_id IS NULL`,
  },
  {
    name: 'persons.forgotten',
    holds: 'no schema keeps the key of an erased person from before the erasure',
    looksAt: 'users.user_account WHERE deleted_at IS NOT NULL',
    sql: `
      SELECT k.schema, u.id, u.deleted_at, k.created_at AS key_created_at, u.deleted_at AS moved_at
      FROM users.user_account u JOIN (${keys}) k ON k.subject_id = u.id
      WHERE k.created_at < u.deleted_at`,
  },
  {
    name: 'persons.unsigned',
    holds: "an erased person's name is off their reviews, and what they did is not kept",
    looksAt: 'users.user_account WHERE deleted_at IS NOT NULL',
    // Recommendations erase once more a minute later, for what was being noted at that moment.
    sql: `
      SELECT 'catalog.review' AS "table", u.id, count(*) AS rows, max(u.deleted_at) AS moved_at
      FROM catalog.review r JOIN users.user_account u ON u.id = r.customer_id WHERE u.deleted_at IS NOT NULL GROUP BY 2
      UNION ALL
      SELECT 'recommendations.behaviour_event', u.id, count(*), max(u.deleted_at) + interval '90 seconds'
      FROM recommendations.behaviour_event b JOIN users.user_account u ON u.id = b.subject_id
      WHERE u.deleted_at IS NOT NULL GROUP BY 2`,
  },
  {
    name: 'persons.listed',
    holds: 'no list of risk knows whose an entry is, once that person was erased',
    looksAt: 'payments.risk_list_entry WHERE customer_id IS NOT NULL',
    sql: `
      SELECT e.id, e.list, e.kind, u.id AS person, u.deleted_at AS moved_at
      FROM payments.risk_list_entry e JOIN users.user_account u ON u.id = e.customer_id WHERE e.added_at < u.deleted_at`,
  },
  {
    name: 'persons.customers',
    holds: "an order that is not a guest's is a user's",
    looksAt: 'orders.orders WHERE NOT guest',
    sql: `
      SELECT o.id, o.customer_id FROM orders.orders o
      WHERE NOT o.guest AND NOT EXISTS (SELECT FROM users.user_account u WHERE u.id = o.customer_id)`,
  },
];

const sessions: Question[] = [
  {
    name: 'persons.sessions',
    holds: "a user's open session belongs to an account that is there",
    looksAt: `users.session WHERE ended_at IS NULL AND kind = 'user'`,
    sql: `
      SELECT s.id, s.subject_id, u.deleted_at FROM users.session s LEFT JOIN users.user_account u ON u.id = s.subject_id
      WHERE s.ended_at IS NULL AND s.kind = 'user' AND (u.id IS NULL OR u.deleted_at IS NOT NULL)`,
  },
  {
    name: 'persons.refresh-tokens',
    holds: 'no refresh token outlives its session',
    looksAt: 'users.refresh_token',
    sql: `
      SELECT t.session_id, t.expires_at, s.expires_at AS session_expires_at
      FROM users.refresh_token t LEFT JOIN users.session s ON s.id = t.session_id
      WHERE s.id IS NULL OR t.expires_at > s.expires_at`,
  },
  {
    name: 'persons.signing-key',
    holds: 'where sessions are open, exactly one key signs their tokens',
    looksAt: 'users.session WHERE ended_at IS NULL',
    sql: `
      SELECT count(*) AS keys FROM users.signing_key WHERE retired_at IS NULL
      HAVING count(*) <> 1 AND EXISTS (SELECT FROM users.session WHERE ended_at IS NULL)`,
  },
];

export const persons: Question[] = [...data, ...sessions];
