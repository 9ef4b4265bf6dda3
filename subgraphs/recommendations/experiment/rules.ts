/**
 * An experiment: one list of recommendations made in two to five ways (arms), each for a fixed share of the visitors, to
 * see which serves them best.
 */
import { createHash } from 'node:crypto';
import { invalidInput, type UserError } from '../../shared/errors.js';

/** The lists that an experiment may change: User.recommendations, Product.related, Product.boughtTogether. */
export type Slot = 'FOR_YOU' | 'RELATED' | 'BOUGHT_TOGETHER';

/** How a list is made: what stands first in it. What fills it up is the list's own affair. */
export type Strategy = 'HISTORY' | 'RELATED' | 'BOUGHT_TOGETHER' | 'POPULAR' | 'NEWEST';

/** What each list can be made of; the first is how it is made while no experiment runs. */
export const strategiesOf: Record<Slot, readonly [Strategy, ...Strategy[]]> = {
  FOR_YOU: ['HISTORY', 'POPULAR', 'NEWEST'],
  RELATED: ['RELATED', 'BOUGHT_TOGETHER', 'POPULAR', 'NEWEST'],
  BOUGHT_TOGETHER: ['BOUGHT_TOGETHER', 'RELATED'],
};

export type Status = 'DRAFT' | 'RUNNING' | 'ENDED';

/** What may become of an experiment: it runs once, as it was drawn up. */
export const nextStatus: Record<Status, readonly Status[]> = {
  DRAFT: ['RUNNING'],
  RUNNING: ['ENDED'],
  ENDED: [],
};

export interface Arm {
  name: string;
  strategy: Strategy;
  /** Percent of the visitors. */
  share: number;
}

export interface Experiment {
  id: string;
  name: string;
  slot: Slot;
  status: Status;
  /** The first one is the control: visitors of whom nothing is known get it. */
  arms: Arm[];
  startedAt: Date | null;
  endedAt: Date | null;
}

/** Into how many parts visitors are divided: a share is a number of them. */
export const buckets = 100;

/**
 * The part of the visitors, 0 to 99, to which a guest or user belongs in an experiment; 0 for who has no id. Of both ids, so
 * that the visitors of one arm are not together again in the next experiment. The lists compute the same in SQL; a test
 * compares them.
 */
export const bucketOf = (experimentId: string, subjectId: string | null): number =>
  subjectId === null
    ? 0
    : createHash('sha256').update(`${experimentId}:${subjectId}`).digest().readUInt32BE() % buckets;

/** Arms with the first bucket of each: one after the other, the control from 0 on. */
export function allocate(arms: readonly Arm[]): (Arm & { firstBucket: number })[] {
  let next = 0;
  return arms.map((arm) => {
    const firstBucket = next;
    next += arm.share;
    return { ...arm, firstBucket };
  });
}

/** The arm whose list a visitor gets, the same whenever and wherever they ask. */
export function armOf(
  { id, arms }: Pick<Experiment, 'id' | 'arms'>,
  subjectId: string | null,
): Arm | undefined {
  const bucket = bucketOf(id, subjectId);
  return allocate(arms).findLast(({ firstBucket }) => firstBucket <= bucket);
}

export const limits = { name: 100, fewestArms: 2, mostArms: 5 };

/** Fits into `source` of a tracked event, as in `related/newest-first`. */
const armName = /^[a-z0-9][a-z0-9-]{0,29}$/;

export type Draft = Pick<Experiment, 'name' | 'slot' | 'arms'>;

/** What is wrong with an experiment that staff want to make. */
export function experimentErrors({ name, slot, arms }: Draft): UserError[] {
  const errors: UserError[] = [];
  const wrong = (message: string, ...field: string[]): void => void errors.push(invalidInput(message, field));
  if (name.trim() === '' || name.length > limits.name)
    wrong(`The name is 1 to ${limits.name} characters.`, 'name');
  if (arms.length < limits.fewestArms || arms.length > limits.mostArms) {
    wrong(`An experiment has ${limits.fewestArms} to ${limits.mostArms} arms, not ${arms.length}.`, 'arms');
    return errors;
  }
  arms.forEach((arm, i) => {
    const at = ['arms', String(i)];
    if (!armName.test(arm.name))
      wrong("An arm's name is 1 to 30 small letters, digits and -, not beginning with -.", ...at, 'name');
    if (arms.findIndex((other) => other.name === arm.name) < i)
      wrong(`There are two arms ${arm.name}.`, ...at, 'name');
    if (!strategiesOf[slot].includes(arm.strategy))
      wrong(
        `${slot} is made by ${strategiesOf[slot].join(', ')}, not by ${arm.strategy}.`,
        ...at,
        'strategy',
      );
    if (arm.share < 1) wrong('A share is 1 percent at least.', ...at, 'share');
  });
  const sum = arms.reduce((total, { share }) => total + share, 0);
  if (sum !== buckets) wrong(`The shares come to ${sum} percent, not ${buckets}.`, 'arms');
  return errors;
}
