import { expect, test } from '@jest/globals';
import { GraphQLRequestError } from '../../client/errors.js';
import { withPatience, type Patience } from './patience.js';

const failure = (code: string, status?: number): GraphQLRequestError =>
  new GraphQLRequestError(code, { code, status });

/** A clock that goes on when somebody waits. */
function clocked(awayMs = 60_000, faultMs = 5_000): Patience & { waits: number[] } {
  let now = 0;
  const waits: number[] = [];
  return {
    awayMs,
    faultMs,
    waits,
    now: () => now,
    sleep: async (ms) => {
      waits.push(ms);
      now += ms;
    },
  };
}

test.each([
  failure('NETWORK_ERROR'),
  failure('SERVICE_UNAVAILABLE'),
  failure('RETRY_LATER'),
  failure('SHUTTING_DOWN'),
  failure('INTERNAL_SERVER_ERROR'),
  failure('BAD_ANSWER', 502),
])('%s is tried again until it works', async (error) => {
  let times = 0;
  const work = async (): Promise<string> => {
    times += 1;
    if (times < 4) throw error;
    return 'placed';
  };
  const patience = clocked();
  expect(await withPatience(patience, work)).toBe('placed');
  expect(times).toBe(4);
  expect(patience.waits).toHaveLength(3);
});

test.each([failure('FORBIDDEN', 200), failure('BAD_USER_INPUT', 400), new Error('a defect')])(
  '%s is not tried again',
  async (error) => {
    let times = 0;
    const work = withPatience(clocked(), async () => {
      times += 1;
      throw error;
    });
    await expect(work).rejects.toBe(error);
    expect(times).toBe(1);
  },
);

test('patience ends: sooner with a shop that answers with faults than with one that is away', async () => {
  const waited = async (code: string): Promise<number> => {
    const patience = clocked();
    await expect(
      withPatience(patience, async () => {
        throw failure(code);
      }),
    ).rejects.toMatchObject({ code });
    return patience.waits.reduce((sum, ms) => sum + ms, 0);
  };
  const fault = await waited('INTERNAL_SERVER_ERROR');
  const away = await waited('NETWORK_ERROR');
  expect(fault).toBeGreaterThanOrEqual(5_000);
  expect(fault).toBeLessThan(10_100);
  expect(away).toBeGreaterThanOrEqual(60_000);
});
