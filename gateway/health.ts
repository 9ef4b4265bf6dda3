/** Liveness says that the process runs, readiness whether it should get traffic. */
import { json, type Reply } from './reply.js';

export interface ServiceHealth {
  status: 'up' | 'down';
  detail?: string;
}

export type Ready = () => Promise<Record<string, ServiceHealth>>;

const answerWithinMs = 5_000;

export const health = (): Reply => json(200, { status: 'up' });

/** 200 when every service is up and the gateway is not stopping, else 503; the body names each service either way. */
export async function readiness(ready: Ready, isStopping: boolean): Promise<Reply> {
  if (isStopping) return json(503, { status: 'stopping', services: {} });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('The check did not end in time.')), answerWithinMs);
  });
  try {
    const services = await Promise.race([ready(), late]);
    const up = Object.values(services).every(({ status }) => status === 'up');
    return json(up ? 200 : 503, { status: up ? 'up' : 'down', services });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return json(503, { status: 'down', services: { gateway: { status: 'down', detail } } });
  } finally {
    clearTimeout(timer);
  }
}
