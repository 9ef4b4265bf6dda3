import { schedule, scheduleUnlessSet, type Timer } from '../../shared/events/timers.js';
import { transact } from '../../shared/transaction.js';
import type { Context } from '../context.js';
import { models, modelsId, pauseAfter, training } from './rules.js';
import { learnNeighbours, learnPopularity, planForValues, takeProductsToLearn } from './store.js';

/** Names of the consumer and its timers: part of rows in the inbox, so never rename them. */
export const trainingConsumerName = 'training';
type Training = 'TrainNeighbours' | 'TrainPopularity';

const timerIn = (ctx: Context, type: Training, ms: number): Timer => ({
  consumer: trainingConsumerName,
  type,
  aggregateId: modelsId,
  runAt: new Date(ctx.clock().getTime() + ms),
});

const trainAfter = (ctx: Context, type: Training, ms: number): Promise<void> =>
  schedule(ctx, timerIn(ctx, type, ms));

/** Sets the timers that train the models, which set themselves anew from then on: another process may have set them. */
export const startTraining = (ctx: Context): Promise<void> =>
  scheduleUnlessSet(ctx, timerIn(ctx, 'TrainNeighbours', 0), timerIn(ctx, 'TrainPopularity', 0));

/** Learns the neighbours of products that came into baskets since the last run, as many as a short transaction can. */
export async function trainNeighbours(ctx: Context): Promise<void> {
  await transact(ctx, async (inner) => {
    const began = performance.now();
    await planForValues(inner.db);
    let learnt = 0;
    for (const model of models) {
      const productIds = await takeProductsToLearn(inner.db, model);
      if (productIds.length > 0) await learnNeighbours(inner.db, model, productIds, inner.clock());
      learnt += productIds.length;
    }
    const pause = pauseAfter(performance.now() - began, learnt > 0);
    await trainAfter(inner, 'TrainNeighbours', pause);
  });
}

/** Computes anew what is popular: time alone changes it. */
export async function trainPopularity(ctx: Context): Promise<void> {
  await transact(ctx, async (inner) => {
    await planForValues(inner.db);
    await learnPopularity(inner.db, inner.clock());
    await trainAfter(inner, 'TrainPopularity', training.popularityEveryMs);
  });
}
