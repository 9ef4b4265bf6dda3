/** The file's customers as the shop's: accounts without a password, made when their first order is placed. */
import { CreateCustomerDocument } from '../../client/operations.generated.js';
import { accepted } from '../../client/client.js';
import type { Shop } from '../retailer/session.js';

/** A domain that nobody has (RFC 2606), since the file has no addresses. */
const domain = 'retailer.example';

/** The address of a customer of the file. */
export const customerEmail = (customerId: string): string => `customer-${customerId.toLowerCase()}@${domain}`;

/** The address of a guest, who is known by their invoice alone. */
export const guestEmail = (invoiceNo: string): string => `guest-${invoiceNo.toLowerCase()}@${domain}`;

/** Ids in the shop by the file's ids; each is asked for once. */
export function createCustomers(shop: Shop): (customerId: string) => Promise<string> {
  const known = new Map<string, Promise<string>>();
  const create = async (customerId: string): Promise<string> => {
    const { createCustomer } = await shop.run(CreateCustomerDocument, {
      input: {
        email: customerEmail(customerId),
        username: `customer-${customerId}`,
        firstName: 'Customer',
        lastName: customerId,
        locale: 'en-GB',
      },
    });
    return accepted(createCustomer, 'user').id;
  };
  return (customerId) => {
    const asked = known.get(customerId) ?? create(customerId);
    known.set(customerId, asked);
    // A refusal is the invoice's; the next one asks again.
    asked.catch(() => known.delete(customerId));
    return asked;
  };
}
