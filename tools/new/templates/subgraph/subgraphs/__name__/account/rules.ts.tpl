/** An account: the sum of what was entered for a user. */
import { invalidInput, type UserError } from '../../shared/errors.js';

/** A user of another subgraph, to whom fields are added here. */
export interface UserReference {
  id: string;
}

export interface Entry {
  /** The same id is entered once. */
  id: string;
  userId: string;
  amount: number;
  occurredAt: Date;
}

export interface Account {
  userId: string;
  balance: number;
}

export const maxAmount = 1_000;

/** What stands against an entry of this amount; empty where nothing does. */
export const problemsOf = (amount: number): UserError[] =>
  amount >= 1 && amount <= maxAmount
    ? []
    : [invalidInput(`The amount must be 1 to ${maxAmount}, not ${amount}.`, ['amount'])];
