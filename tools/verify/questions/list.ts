/** All questions, in the order in which they are asked; what `--only` names. */
import { catalogue } from './catalogue.js';
import { events } from './events.js';
import { money } from './money.js';
import { orders } from './orders.js';
import { persons } from './persons.js';
import type { Question } from './question.js';
import { stock } from './stock.js';
import { waiting } from './waiting.js';

export const questions: readonly Question[] = [
  ...stock,
  ...money,
  ...orders,
  ...waiting,
  ...events,
  ...persons,
  ...catalogue,
];

/** A group's or a single one's: those whose name is `only` or begins with it and a dot. */
export const questionsNamed = (only: string): Question[] =>
  questions.filter(({ name }) => name === only || name.startsWith(`${only}.`));
