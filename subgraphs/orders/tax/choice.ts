import type { Config } from '../../shared/config.js';
import { tableTaxes, type TaxPort } from './port.js';
import { remoteTaxes } from './remote.js';

/** The service where one is configured (TAX_SERVICE_URL), else the shop's own rates. */
export const taxesOf = ({ tax: { service } }: Pick<Config, 'tax'>): TaxPort =>
  service ? remoteTaxes(service) : tableTaxes;
