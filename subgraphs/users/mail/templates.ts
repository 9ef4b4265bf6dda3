/** What each mail consists of. */
import { LRUCache } from 'lru-cache';
import { formatMoney, fromDecimal, money } from '../../shared/money.js';
import type { Content } from './layout.js';
import { languageOf, tellsAll, waitingOf, type Language, type MailedOrder, type OrderNews } from './rules.js';
import { closings, greetings, labels, orderSentences } from './words.js';

interface Amount {
  /** `"19.99"`. */
  amount: string;
  currencyCode: string;
}

const amountText = ({ amount, currencyCode }: Amount, locale: string): string =>
  formatMoney(money(fromDecimal(amount, currencyCode) ?? 0n, currencyCode), locale);

export interface Reader {
  firstName: string;
  lastName: string;
  locale: string;
}

/** To somebody who has registered. */
export function welcome(reader: Reader & { username: string }, shop: string): Content {
  const language = languageOf(reader.locale);
  const { username } = reader;
  const says = {
    en: {
      subject: `Welcome to ${shop}`,
      paragraphs: [
        `your account is ready. You are known here as ${username}.`,
        'If it was not you who registered, please tell us.',
      ],
    },
    de: {
      subject: `Willkommen bei ${shop}`,
      paragraphs: [
        `Ihr Konto ist eingerichtet. Sie heißen hier ${username}.`,
        'Wenn nicht Sie sich angemeldet haben, sagen Sie uns bitte Bescheid.',
      ],
    },
  }[language];
  return {
    ...says,
    greeting: greetings[language](reader.firstName, reader.lastName),
    closing: closings[language](shop),
  };
}

function refundOf(news: OrderNews, locale: string): string {
  return news.type === 'OrderRefunded' ? formatMoney(news.refund, locale) : '';
}

function priceRows(order: MailedOrder, locale: string): [string, string][] {
  const label = labels[languageOf(locale)];
  return [
    ...order.items.map(({ name, quantity, total }): [string, string] => [
      `${quantity} × ${name}`,
      amountText(total, locale),
    ]),
    [`${label.shipping} (${order.shipping.name})`, amountText(order.shipping.total, locale)],
    [label.total, amountText(order.total, locale)],
    [label.tax, amountText(order.tax, locale)],
  ];
}

function addressText({ shippingAddress: to }: MailedOrder): string {
  const name = `${to.firstName} ${to.lastName}`;
  const place = [to.postalCode, to.city, to.state].filter(Boolean).join(' ');
  return [name, to.company, to.line1, to.line2, place, to.country].filter(Boolean).join('\n');
}

/** What the rows and notes of a parcel are; empty where the order knows of no such parcel. */
function parcel(order: MailedOrder, shipmentId: string, language: Language): Pick<Content, 'rows' | 'notes'> {
  const shipment = order.shipments.find(({ id }) => id === shipmentId);
  if (!shipment) return {};
  const { carrier, trackingNumber } = shipment;
  const track = trackingNumber ? [`${carrier}, ${labels[language].tracking}: ${trackingNumber}`] : [carrier];
  return {
    rows: shipment.lines.map(({ quantity, item }) => [`${quantity} × ${item.name}`, '']),
    notes: track,
  };
}

/** How a guest comes back to the order from another device; `link` where the shop front has a page for it. */
export function wayBack(number: string, accessToken: string, locale: string, link: string | null): string {
  const says = {
    en: `To see, pay or cancel this order on any device: number ${number}, access code\n${accessToken}`,
    de: `So sehen, bezahlen oder stornieren Sie diese Bestellung auf jedem Gerät: Nummer ${number}, Zugangscode\n${accessToken}`,
  }[languageOf(locale)];
  return link === null ? says : `${says}\n${link}`;
}

const countRows = (lines: readonly { quantity: number; item: { name: string } }[]): [string, string][] =>
  lines.map(({ quantity, item }) => [`${quantity} × ${item.name}`, '']);

/** What is sent back, or came, with its label; empty where the order knows of no such return. */
function returned(
  order: MailedOrder,
  { returnId, type }: Extract<OrderNews, { returnId: string }>,
  language: Language,
): Pick<Content, 'rows' | 'notes'> {
  const one = order.returns.find(({ id }) => id === returnId);
  if (!one) return {};
  const rows = countRows(type === 'ReturnReceived' ? (one.received ?? one.lines) : one.lines);
  const hasLabel = type === 'ReturnApproved' && one.labelUrl;
  return { rows, notes: hasLabel ? [`${labels[language].label}:\n${one.labelUrl}`] : [] };
}

/** The articles that came for an order that waited. */
const filled = (
  order: MailedOrder,
  { lines }: Extract<OrderNews, { type: 'BackorderFilled' }>,
): [string, string][] =>
  lines.flatMap(({ variantId, quantity }) => {
    const item = order.items.find(({ variant }) => variant?.id === variantId);
    return item ? countRows([{ quantity, item }]) : [];
  });

/** What of the order is not in stock yet, and when it is expected. */
function waitingNotes(order: MailedOrder, locale: string): string[] {
  const { waits, expected } = labels[languageOf(locale)];
  const lines = waitingOf(order).map(({ name, quantity, expectedAt }) => {
    const day = expectedAt && `, ${expected} ${dayText(expectedAt, locale)}`;
    return `${quantity} × ${name}${day ?? ''}`;
  });
  return lines.length === 0 ? [] : [`${waits}:\n${lines.join('\n')}`];
}

/** Making one costs fifty times what using it does. Readers' locales are those that the shop has. */
const formats = new LRUCache<string, Intl.DateTimeFormat>({ max: 100 });

function timeText(time: string, locale: string): string {
  let format = formats.get(locale);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
    formats.set(locale, format);
  }
  return format.format(new Date(time));
}

const dayText = (time: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(time));

/** News of an order, to who ordered it. `locale` is the reader's. */
export function orderNews(news: OrderNews, order: MailedOrder, locale: string, shop: string): Content {
  const language = languageOf(locale);
  const isWhole = tellsAll(news);
  const payable = news.type !== 'OrderPaid' && (isWhole || news.type === 'PaymentFailed');
  const when = payable && order.paymentDueAt ? `${timeText(order.paymentDueAt, locale)} UTC` : '';
  const { address } = labels[language];
  const waiting = isWhole ? waitingNotes(order, locale) : [];
  return {
    ...orderSentences[language](order.number, refundOf(news, locale), when, waiting.length > 0)[news.type],
    ...(isWhole
      ? { rows: priceRows(order, locale), notes: [...waiting, `${address}:\n${addressText(order)}`] }
      : {}),
    ...(news.type === 'BackorderFilled' ? { rows: filled(order, news) } : {}),
    ...('returnId' in news ? returned(order, news, language) : {}),
    ...('shipmentId' in news ? parcel(order, news.shipmentId, language) : {}),
    greeting: greetings[language](order.firstName, order.lastName),
    closing: closings[language](shop),
  };
}
