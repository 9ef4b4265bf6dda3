import type { Page } from '../../shared/pages.js';
import type { Db } from '../context.js';
import { allocate, type Arm, type Experiment, type Slot, type Status, type Strategy } from './rules.js';

const withArms = { arms: { orderBy: { firstBucket: 'asc' } } } as const;

interface Row extends Omit<Experiment, 'slot' | 'status' | 'arms'> {
  slot: string;
  status: string;
  arms: (Omit<Arm, 'strategy'> & { strategy: string })[];
}

const experimentOf = ({ slot, status, arms, ...row }: Row): Experiment => ({
  ...row,
  slot: slot as Slot,
  status: status as Status,
  arms: arms.map(({ strategy, ...arm }) => ({ ...arm, strategy: strategy as Strategy })),
});

/** Those of `ids` that there are. */
export async function findExperiments(db: Db, ids: readonly string[]): Promise<Map<string, Experiment>> {
  const rows = await db.experiment.findMany({ where: { id: { in: [...ids] } }, include: withArms });
  return new Map(rows.map((row) => [row.id, experimentOf(row)]));
}

/** `page.limit + 1` experiments, the newest first. */
export async function listExperiments(db: Db, page: Page): Promise<Experiment[]> {
  const rows = await db.experiment.findMany({
    where: page.after ? { id: { lt: page.after[0] ?? '' } } : {},
    orderBy: { id: 'desc' },
    take: page.limit + 1,
    include: withArms,
  });
  return rows.map(experimentOf);
}

export async function insertExperiment(db: Db, experiment: Experiment, now: Date): Promise<void> {
  const { arms, ...row } = experiment;
  await db.experiment.create({ data: { ...row, createdAt: now, arms: { create: allocate(arms) } } });
}

/**
 * Locks all experiments of this one's slot that have not ended, until the transaction ends, so that of two that are
 * started at once the second sees the first: it is told so in words, not by the unique index.
 */
export async function lockSlot(db: Db, id: string): Promise<void> {
  await db.$queryRaw`
    SELECT id FROM experiment
    WHERE status <> 'ENDED' AND slot = (SELECT slot FROM experiment WHERE id = ${id}::uuid)
    ORDER BY id FOR UPDATE`;
}

/** False where it is no draft (any more), or another one of its slot runs. */
export async function setRunning(db: Db, id: string, now: Date): Promise<boolean> {
  const count = await db.$executeRaw`
    UPDATE experiment e SET status = 'RUNNING', started_at = ${now}::timestamptz
    WHERE e.id = ${id}::uuid AND e.status = 'DRAFT'
      AND NOT EXISTS (SELECT FROM experiment other WHERE other.slot = e.slot AND other.status = 'RUNNING')`;
  return count === 1;
}

/** False where it does not run (any more). */
export async function setEnded(db: Db, id: string, now: Date): Promise<boolean> {
  const { count } = await db.experiment.updateMany({
    where: { id, status: 'RUNNING' },
    data: { status: 'ENDED', endedAt: now },
  });
  return count === 1;
}
