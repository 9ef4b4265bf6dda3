/** The file's times: the shop's local time, in London, without zone. */

const london = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** What a clock in London shows at an instant, read as if it were UTC; milliseconds. */
function wallClock(instant: number): number {
  const parts = Object.fromEntries(
    london.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** London is an hour ahead of UTC in summer, and not at all in winter. */
const aheadMs = [3_600_000, 0];

/** `2011-07-01T12:00:00` in London is `2011-07-01T11:00:00.000Z`. The hour that a clock shows twice is its first. */
export function instantOf(localTime: string): string {
  const shown = Date.parse(`${localTime}Z`);
  const ahead = aheadMs.find((ms) => wallClock(shown - ms) === shown) ?? 0;
  return new Date(shown - ahead).toISOString();
}
