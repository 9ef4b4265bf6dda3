/** Variables of stock; a part of the table in variables.ts. */
import { z } from 'zod';

const dayMs = 86_400_000;

export const stockVariables = {
  STOCK_ALLOCATION: {
    schema: z.enum(['FEWEST_PARCELS', 'MOST_STOCK', 'NEAREST']).default('FEWEST_PARCELS'),
    meaning:
      'from which warehouses orders are taken: as few as possible, those that have most, or those nearest to the customer',
    example: 'NEAREST',
  },
  STOCK_NUMBERS: {
    schema: z.enum(['always', 'low', 'never']).default('low'),
    meaning:
      'when shoppers see how many pieces there are: always, only when few or none are left (low), or never',
    example: 'never',
  },
  STOCK_OPEN_RESERVATIONS: {
    schema: z
      .string()
      .default('25')
      .refine((text) => /^(off|[1-9]\d{0,5})$/.test(text), 'is neither a number above 0 nor "off"')
      .transform((text) => (text === 'off' ? null : Number(text))),
    meaning: 'unpaid orders for which stock is held for one customer at a time; "off": any number',
    example: '10',
  },
  STOCK_MAX_HOLD_DAYS: {
    schema: z
      .string()
      .default('8')
      .refine((text) => /^[1-9]\d{0,2}$/.test(text), 'is not a number of days above 0')
      .transform((text) => Number(text) * dayMs),
    meaning: 'after so many days stock is held no longer for an unpaid order, whatever its payment does',
    example: '8',
  },
};

export interface StockConfig {
  allocation: 'FEWEST_PARCELS' | 'MOST_STOCK' | 'NEAREST';
  /** When shoppers see how many pieces there are. */
  numbers: 'always' | 'low' | 'never';
  /** Open reservations per customer at most; null: any number. */
  openReservations: number | null;
  /** So long stock is held for an unpaid order at most. */
  maxHoldMs: number;
}

type Values = { [Name in keyof typeof stockVariables]: z.output<(typeof stockVariables)[Name]['schema']> };

export const stockConfigOf = (values: Values): StockConfig => ({
  allocation: values.STOCK_ALLOCATION,
  numbers: values.STOCK_NUMBERS,
  openReservations: values.STOCK_OPEN_RESERVATIONS,
  maxHoldMs: values.STOCK_MAX_HOLD_DAYS,
});
