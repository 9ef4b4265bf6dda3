/** Liveness says that the process runs, readiness whether it should get traffic. */
import { json, type Reply } from './reply.js';

export interface ServiceHealth {
  /** `degraded`: it works, without something that `detail` names. */
  status: 'up' | 'degraded' | 'down';
  detail?: string;
}

export type Ready = () => Promise<Record<string, ServiceHealth>>;

const answerWithinMs = 5_000;

export const health = (): Reply => json(200, { status: 'up' });

/**
 * 503 when all services are down or the gateway is stopping, else 200; the body names each service either way. One that is
 * down costs its own fields: taking the gateways away from their load balancer for it would cost all others.
 */
export async function readiness(ready: Ready, isStopping: boolean): Promise<Reply> {
  if (isStopping) return json(503, { status: 'stopping', services: {} });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('The check did not end in time.')), answerWithinMs);
  });
  try {
    const services = await Promise.race([ready(), late]);
    const states = Object.values(services).map(({ status }) => status);
    if (states.every((state) => state === 'down')) return json(503, { status: 'down', services });
    return json(200, { status: states.every((state) => state === 'up') ? 'up' : 'degraded', services });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return json(503, { status: 'down', services: { gateway: { status: 'down', detail } } });
  } finally {
    clearTimeout(timer);
  }
}
