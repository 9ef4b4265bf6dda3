/** Pence as people and the API write them: `2.55`. */
import { money, toDecimal } from '../../subgraphs/shared/money.js';
import { fileCurrency } from './line.js';

export const priceText = (pence: bigint): string => toDecimal(money(pence, fileCurrency));
