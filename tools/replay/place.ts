/** Places one invoice's order and pays it. */
import {
  ReplayOrderDocument,
  ReplayPaymentDocument,
  type ReplayedOrderFragment,
} from '../../client/operations.generated.js';
import { accepted } from '../../client/client.js';
import { RefusedError } from '../../client/errors.js';
import { fromDecimal } from '../../subgraphs/shared/money.js';
import type { ShopArticle } from '../retailer/articles.js';
import { countryOf } from '../retailer/country.js';
import type { SaleInvoice, SoldArticle } from '../retailer/invoices.js';
import { fileCurrency } from '../retailer/line.js';
import type { Shop } from '../retailer/session.js';
import { instantOf } from '../retailer/time.js';
import { customerEmail, guestEmail } from './customers.js';
import type { Difference, Finished } from './journal.js';

export interface PlaceContext {
  shop: Shop;
  articles: ReadonlyMap<string, ShopArticle>;
  shippingMethodId: string;
  customerOf: (customerId: string) => Promise<string>;
}

/** A card that the sandbox and the provider's test mode always accept. */
const paymentMethodId = 'pm_card_visa';

/** How often an order is begun anew whose time to pay ran out while nobody replayed. */
const mostAttempts = 5;

/** The key of an invoice's order: the same invoice gives the same order, whoever lost which journal. */
export const orderKey = ({ invoiceNo, hash }: SaleInvoice, attempt: number): string =>
  `retailer:order:${invoiceNo}:${hash}${attempt === 1 ? '' : `:${attempt}`}`;

/** The file has countries alone; what the shop needs beside them says so. */
function addressOf({ customerId, invoiceNo, country }: SaleInvoice): {
  firstName: string;
  lastName: string;
  line1: string;
  city: string;
  postalCode: string;
  country: string;
} {
  const { code } = countryOf(country) ?? { code: 'GB' };
  return {
    firstName: customerId ? 'Customer' : 'Guest',
    lastName: customerId || invoiceNo,
    line1: 'Not in the file',
    city: 'Not in the file',
    postalCode: '00000',
    country: code,
  };
}

/** Its time to pay ran out before anybody tried. One that was declined has had its answer. */
const wasGivenUp = ({ orderState, paymentState }: ReplayedOrderFragment): boolean =>
  orderState === 'CANCELLED' && paymentState === 'NONE';

async function placeOrder(
  { shop, articles, shippingMethodId, customerOf }: PlaceContext,
  invoice: SaleInvoice,
  known: readonly SoldArticle[],
): Promise<{ order: ReplayedOrderFragment; attempt: number }> {
  const { customerId, invoiceNo, invoicedAt } = invoice;
  const customer = customerId ? { customerId: await customerOf(customerId) } : {};
  for (let attempt = 1; ; attempt += 1) {
    const { placeOrderFor } = await shop.run(ReplayOrderDocument, {
      input: {
        ...customer,
        idempotencyKey: orderKey(invoice, attempt),
        email: customerId ? customerEmail(customerId) : guestEmail(invoiceNo),
        currencyCode: fileCurrency,
        lines: known.map(({ sku, quantity }) => ({
          variantId: articles.get(sku)?.variantId ?? '',
          quantity,
        })),
        shippingAddress: addressOf(invoice),
        shippingMethodId,
        placedAt: instantOf(invoicedAt),
        notifyCustomer: false,
      },
    });
    const order = accepted(placeOrderFor, 'order');
    if (!wasGivenUp(order) || attempt === mostAttempts) return { order, attempt };
  }
}

async function pay(
  shop: Shop,
  invoice: SaleInvoice,
  order: ReplayedOrderFragment,
  attempt: number,
): Promise<void> {
  // A repeat finds it paid, or paid and cancelled since; a declined one gets the same answer to the same key.
  const open = order.paymentState === 'NONE' || order.paymentState === 'FAILED';
  if (!open || Number(order.total.amount) === 0) return;
  const { payOrder } = await shop.run(ReplayPaymentDocument, {
    input: {
      idempotencyKey: `${orderKey(invoice, attempt)}:pay`,
      orderId: order.id,
      paymentMethodId,
    },
  });
  if (payOrder.userErrors.length > 0) throw new RefusedError(payOrder.userErrors);
}

/** Lines of the order that cost in the shop what they did not cost in the file. */
function differencesOf(
  invoiceNo: string,
  order: ReplayedOrderFragment,
  articles: readonly SoldArticle[],
): Difference[] {
  const prices = new Map(
    order.items.map(({ sku, unitPrice }) => [sku, fromDecimal(unitPrice.amount, fileCurrency) ?? 0n]),
  );
  return articles.flatMap(({ sku, quantity, amount }) => {
    const shop = (prices.get(sku) ?? 0n) * BigInt(quantity);
    return shop === amount ? [] : [{ invoiceNo, sku, quantity, file: String(amount), shop: String(shop) }];
  });
}

const linesOf = (articles: readonly SoldArticle[]): number[] => articles.flatMap(({ lines }) => lines);

/** Entries of the lines of articles that were ordered: the first of each was taken, the others were merged into it. */
const placedEntries = (articles: readonly SoldArticle[]): Finished['entries'] => [
  { outcome: 'taken', reason: 'PLACED', lines: articles.flatMap(({ lines }) => lines.slice(0, 1)) },
  { outcome: 'merged', reason: 'SAME_ARTICLE', lines: articles.flatMap(({ lines }) => lines.slice(1)) },
];

/**
 * Places and pays the invoice. A refusal by the shop is the invoice's outcome.
 * @throws GraphQLRequestError when the shop stays away
 */
export async function replaySale(context: PlaceContext, invoice: SaleInvoice): Promise<Finished> {
  const { key, invoiceNo } = invoice;
  const known = invoice.articles.filter(({ sku }) => context.articles.has(sku));
  const unknown = invoice.articles.filter(({ sku }) => !context.articles.has(sku));
  const entries: Finished['entries'] =
    unknown.length > 0 ? [{ outcome: 'refused', reason: 'UNKNOWN_ARTICLE', lines: linesOf(unknown) }] : [];
  if (known.length === 0) return { key, entries };
  let orderId: string | undefined;
  try {
    const { order, attempt } = await placeOrder(context, invoice, known);
    orderId = order.id;
    await pay(context.shop, invoice, order, attempt);
    const differences = differencesOf(invoiceNo, order, known);
    return { key, orderId, entries: [...entries, ...placedEntries(known)], differences };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    entries.push({ outcome: 'refused', reason: `SHOP_${error.code}`, lines: linesOf(known) });
    return { key, entries, refused: error.message };
  }
}
