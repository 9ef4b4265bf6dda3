/** When a parcel is likely to arrive. Working days are Monday to Friday; holidays differ from town to town and are left to the carrier. */

export interface DeliveryDates {
  /** `2026-11-23`. */
  earliest: string;
  latest: string;
}

interface Timing {
  estimatedDaysMin: number;
  estimatedDaysMax: number;
  /** Hour of the shop's day after which a parcel leaves a working day later; null: it always leaves the same day. */
  cutoffHour: number | null;
}

const dayMs = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** The day, as midnight UTC, and the hour of a moment in a time zone. */
function localTime(moment: Date, timeZone: string): { day: number; hour: number } {
  let format = formats.get(timeZone);
  if (!format) {
    const parts = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric' } as const;
    format = new Intl.DateTimeFormat('en', { ...parts, timeZone, hourCycle: 'h23', calendar: 'gregory' });
    formats.set(timeZone, format);
  }
  const parts = new Map(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  const of = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return { day: Date.UTC(of('year'), of('month') - 1, of('day')), hour: of('hour') };
}

const isWorkingDay = (day: number): boolean => ![0, 6].includes(new Date(day).getUTCDay());

/** The day so many working days later; 0: the day itself, or the next working day. */
function workingDays(day: number, count: number): number {
  let at = day;
  while (!isWorkingDay(at)) at += dayMs;
  for (let left = count; left > 0; left -= 1)
    do at += dayMs;
    while (!isWorkingDay(at));
  return at;
}

/** The days on which what is ordered now arrives, in the shop's time zone. */
export function deliveryDates(timing: Timing, now: Date, timeZone: string): DeliveryDates {
  const { estimatedDaysMin, estimatedDaysMax, cutoffHour } = timing;
  const { day, hour } = localTime(now, timeZone);
  const isLate = cutoffHour !== null && hour >= cutoffHour && isWorkingDay(day);
  const leaves = workingDays(day, isLate ? 1 : 0);
  const after = (days: number): string => new Date(workingDays(leaves, days)).toISOString().slice(0, 10);
  return { earliest: after(estimatedDaysMin), latest: after(estimatedDaysMax) };
}
