/** A warehouse: a place where goods lie, whose stock is for sale while it is active. */
import { invalidInput, type UserError } from '../../shared/errors.js';

export type WarehouseStatus = 'ACTIVE' | 'INACTIVE';
export type CapacityUnit = 'PIECES' | 'PALLETS' | 'CUBIC_METRES';

export interface WarehouseAddress {
  line1: string;
  line2: string | null;
  city: string;
  state: string | null;
  postalCode: string;
  country: string;
}

export interface WarehouseHours {
  day: 'MONDAY' | 'TUESDAY' | 'WEDNESDAY' | 'THURSDAY' | 'FRIDAY' | 'SATURDAY' | 'SUNDAY';
  /** `08:00`, in the warehouse's own time. */
  opens: string;
  closes: string;
}

export interface WarehouseCapacity {
  warehouseId: string;
  total: number;
  /** As last noted; pieces are counted instead. */
  used: number | null;
  unit: CapacityUnit;
}

export interface Warehouse {
  id: string;
  code: string;
  name: string;
  status: WarehouseStatus;
  version: number;
  address: WarehouseAddress;
  contact: { email: string | null; phone: string | null } | null;
  hours: WarehouseHours[];
  capacity: WarehouseCapacity | null;
}

const time = /^([01]\d|2[0-3]):[0-5]\d$/;

function problemOfHours(hours: readonly WarehouseHours[]): string | null {
  const days = new Set(hours.map(({ day }) => day));
  if (days.size < hours.length) return 'Each day of the week may come once.';
  const wrong = hours.find(({ opens, closes }) => !time.test(opens) || !time.test(closes) || opens >= closes);
  return wrong
    ? `${wrong.day}: opens and closes are times such as 08:00, and it opens before it closes.`
    : null;
}

/** What is wrong with a warehouse; nothing: it may be saved. */
export function problemsOf(warehouse: Warehouse): UserError[] {
  const { code, name, address, hours, capacity } = warehouse;
  const problems: UserError[] = [];
  const refuse = (message: string, ...field: string[]): void =>
    void problems.push(invalidInput(message, field));
  if (!/^[A-Z0-9-]{1,20}$/.test(code)) refuse('A code has 1 to 20 letters, digits and dashes.', 'code');
  if (name.length < 1 || name.length > 200) refuse('A name has 1 to 200 characters.', 'name');
  for (const field of ['line1', 'city', 'postalCode'] as const) {
    if (address[field].trim() === '' || address[field].length > 200)
      refuse(`${field} has 1 to 200 characters.`, 'address', field);
  }
  const wrongHours = problemOfHours(hours);
  if (wrongHours) refuse(wrongHours, 'hours');
  if (capacity && (capacity.total < 1 || (capacity.used ?? 0) < 0))
    refuse('total is 1 or more, used 0 or more.', 'capacity');
  return problems;
}
