import type { Consumer } from '../../shared/events/inbox.js';
import type { Context } from '../context.js';
import { trainingConsumerName, trainNeighbours, trainPopularity } from './service.js';

/** A consumer of its own, so that training never keeps behaviour waiting. */
export const trainingConsumer: Consumer<Context> = {
  name: trainingConsumerName,
  mode: 'transaction',
  handlers: {},
  timers: {
    TrainNeighbours: (ctx) => trainNeighbours(ctx),
    TrainPopularity: (ctx) => trainPopularity(ctx),
  },
};
