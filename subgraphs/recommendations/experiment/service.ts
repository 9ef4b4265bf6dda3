import {
  conflict,
  notFound,
  Refused,
  withUserErrors,
  type Payload,
  type UserError,
} from '../../shared/errors.js';
import { idempotent } from '../../shared/idempotency.js';
import { isId } from '../../shared/ids.js';
import { connectionOf, pageOf, type Connection, type PageArguments } from '../../shared/pages.js';
import { transact } from '../../shared/transaction.js';
import { requirePermission } from '../../shared/viewer.js';
import type { Context } from '../context.js';
import { experimentErrors, nextStatus, type Draft, type Experiment, type Status } from './rules.js';
import {
  findExperiments,
  insertExperiment,
  listExperiments,
  lockSlot,
  setEnded,
  setRunning,
} from './store.js';

/** All experiments, the newest first; for staff. */
export async function experiments(ctx: Context, parameters: PageArguments): Promise<Connection<Experiment>> {
  requirePermission(ctx.viewer, 'recommendations:write');
  const page = pageOf(parameters, ['id']);
  return connectionOf(await listExperiments(ctx.db, page), page, ({ id }) => [id]);
}

type Answer = Promise<Payload<{ experiment: Experiment | null }>>;

const findExperiment = async (ctx: Context, id: string): Promise<Experiment | null> =>
  (await findExperiments(ctx.db, [id])).get(id) ?? null;

/** Draws up an experiment, once per key. It changes nothing until it is started. */
export function createExperiment(
  ctx: Context,
  { idempotencyKey: key, ...input }: Draft & { idempotencyKey: string },
): Answer {
  return withUserErrors(async () => {
    requirePermission(ctx.viewer, 'recommendations:write');
    const call = { owner: ctx.viewer.id ?? '', operation: 'createExperiment', key, input };
    const { outcome } = await idempotent(ctx, call, async (inner) => {
      const errors = experimentErrors(input);
      if (errors.length > 0) throw new Refused(...errors);
      const experimentId = inner.newId();
      const draft = { ...input, id: experimentId, status: 'DRAFT', startedAt: null, endedAt: null } as const;
      await insertExperiment(inner.db, draft, inner.clock());
      return { experimentId };
    });
    return { experiment: await findExperiment(ctx, outcome.experimentId) };
  });
}

/** Why an experiment does not become `status`; undefined where it is that already: the call was repeated. */
function refusalOf(experiment: Experiment | null, status: Status): UserError | undefined {
  const field = ['experimentId'];
  if (!experiment) return notFound('experiment', field);
  if (experiment.status === status) return undefined;
  if (nextStatus[experiment.status].includes(status))
    return conflict('SLOT_TAKEN', `Another experiment of ${experiment.slot} runs: end it first.`, field);
  const message = `An experiment that is ${experiment.status} cannot become ${status}.`;
  return conflict(`EXPERIMENT_${experiment.status}`, message, field);
}

const become = (ctx: Context, id: string, status: Status, write: typeof setRunning): Answer =>
  withUserErrors(() => {
    requirePermission(ctx.viewer, 'recommendations:write');
    return transact(ctx, async (inner) => {
      if (!isId(id)) throw new Refused(notFound('experiment', ['experimentId']));
      await lockSlot(inner.db, id);
      const written = await write(inner.db, id, inner.clock());
      const experiment = await findExperiment(inner, id);
      const refusal = written ? undefined : refusalOf(experiment, status);
      if (refusal) throw new Refused(refusal);
      return { experiment };
    });
  });

/** Shows its arms to visitors from now on; refused where another one of its slot runs. Safe to repeat. */
export const startExperiment = (ctx: Context, { experimentId }: { experimentId: string }): Answer =>
  become(ctx, experimentId, 'RUNNING', setRunning);

/** Shows everybody the usual list again. Safe to repeat. */
export const endExperiment = (ctx: Context, { experimentId }: { experimentId: string }): Answer =>
  become(ctx, experimentId, 'ENDED', setEnded);
