import type { Address } from '../order/address.js';
import type { OrderAddressInput } from '../resolver-types.generated.js';

/** An address as it is kept, from the SDL's input. */
export const addressOf = (input: OrderAddressInput): Address => ({
  firstName: input.firstName,
  lastName: input.lastName,
  company: input.company ?? null,
  line1: input.line1,
  line2: input.line2 ?? null,
  city: input.city,
  state: input.state ?? null,
  postalCode: input.postalCode,
  country: input.country,
  phone: input.phone ?? null,
});
