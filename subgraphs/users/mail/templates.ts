/** What the mails say, in English and German. */
import { formatMoney, fromDecimal, money } from '../../shared/money.js';
import type { Content } from './layout.js';
import { languageOf, type Language, type MailedOrder, type OrderNews } from './rules.js';

interface Amount {
  /** `"19.99"`. */
  amount: string;
  currencyCode: string;
}

const amountText = ({ amount, currencyCode }: Amount, locale: string): string =>
  formatMoney(money(fromDecimal(amount, currencyCode) ?? 0n, currencyCode), locale);

const closings: Record<Language, (shop: string) => string> = {
  en: (shop) => `Best regards\n${shop}`,
  de: (shop) => `Freundliche Grüße\n${shop}`,
};

const greetings: Record<Language, (firstName: string, lastName: string) => string> = {
  en: (firstName) => `Hello ${firstName},`,
  de: (firstName, lastName) => `Guten Tag ${firstName} ${lastName},`,
};

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

interface Words {
  subject: string;
  paragraphs: string[];
}

function refundOf(news: OrderNews, locale: string): string {
  return news.type === 'OrderRefunded' ? amountText(news, locale) : '';
}

/** The sentences of each kind of news. `when` is the end of the time to pay, empty when there is none. */
const english = (number: string, refund: string, when: string): Record<OrderNews['type'], Words> => ({
  OrderCreated: {
    subject: `Your order ${number}`,
    paragraphs: [
      `thank you for your order ${number}.`,
      ...(when ? [`Please pay it by ${when}: until then we keep the articles for you.`] : []),
    ],
  },
  OrderPaid: {
    subject: `Order ${number} is paid`,
    paragraphs: [`we have received the payment of your order ${number}, and pack it now.`],
  },
  PaymentFailed: {
    subject: `The payment of order ${number} did not succeed`,
    paragraphs: [
      `a payment of your order ${number} did not succeed. Nothing was taken from your account.`,
      when ? `You can try it again, with another card for instance, until ${when}.` : 'You can try it again.',
    ],
  },
  OrderShipped: {
    subject: `Order ${number} is on its way`,
    paragraphs: [`a parcel of your order ${number} has left our house.`],
  },
  OrderDelivered: {
    subject: `Order ${number} has arrived`,
    paragraphs: [
      `a parcel of your order ${number} has been delivered. We hope that you like what was in it.`,
    ],
  },
  OrderRefunded: {
    subject: `Money back for order ${number}`,
    paragraphs: [`we have sent ${refund} of your order ${number} back, to where it came from.`],
  },
  OrderCancelled: {
    subject: `Order ${number} is cancelled`,
    paragraphs: [`your order ${number} has been cancelled. What you have paid for it is sent back to you.`],
  },
});

const german = (number: string, refund: string, when: string): Record<OrderNews['type'], Words> => ({
  OrderCreated: {
    subject: `Ihre Bestellung ${number}`,
    paragraphs: [
      `vielen Dank für Ihre Bestellung ${number}.`,
      ...(when
        ? [`Bitte bezahlen Sie sie bis ${when}: so lange halten wir die Artikel für Sie zurück.`]
        : []),
    ],
  },
  OrderPaid: {
    subject: `Bestellung ${number} ist bezahlt`,
    paragraphs: [`die Zahlung Ihrer Bestellung ${number} ist eingegangen; wir packen sie jetzt.`],
  },
  PaymentFailed: {
    subject: `Die Zahlung der Bestellung ${number} ist fehlgeschlagen`,
    paragraphs: [
      `eine Zahlung Ihrer Bestellung ${number} ist fehlgeschlagen. Es wurde nichts abgebucht.`,
      when
        ? `Sie können es bis ${when} noch einmal versuchen, zum Beispiel mit einer anderen Karte.`
        : 'Sie können es noch einmal versuchen.',
    ],
  },
  OrderShipped: {
    subject: `Bestellung ${number} ist unterwegs`,
    paragraphs: [`ein Paket Ihrer Bestellung ${number} hat unser Haus verlassen.`],
  },
  OrderDelivered: {
    subject: `Bestellung ${number} ist angekommen`,
    paragraphs: [
      `ein Paket Ihrer Bestellung ${number} wurde zugestellt. Viel Freude mit dem, was darin war.`,
    ],
  },
  OrderRefunded: {
    subject: `Geld zurück für Bestellung ${number}`,
    paragraphs: [`wir haben ${refund} Ihrer Bestellung ${number} dorthin zurückgesandt, woher es kam.`],
  },
  OrderCancelled: {
    subject: `Bestellung ${number} ist storniert`,
    paragraphs: [
      `Ihre Bestellung ${number} wurde storniert. Was Sie dafür bezahlt haben, wird zurückgesandt.`,
    ],
  },
});

const labels: Record<
  Language,
  { shipping: string; total: string; tax: string; address: string; tracking: string }
> = {
  en: {
    shipping: 'Shipping',
    total: 'Total',
    tax: 'Tax therein',
    address: 'Ship to',
    tracking: 'Tracking number',
  },
  de: {
    shipping: 'Versand',
    total: 'Gesamt',
    tax: 'Darin Steuer',
    address: 'Lieferung an',
    tracking: 'Sendungsnummer',
  },
};

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

/** News of an order, to who ordered it. `locale` is the reader's. */
export function orderNews(news: OrderNews, order: MailedOrder, locale: string, shop: string): Content {
  const language = languageOf(locale);
  const payable = news.type === 'OrderCreated' || news.type === 'PaymentFailed';
  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
  const when = payable && order.paymentDueAt ? `${format.format(new Date(order.paymentDueAt))} UTC` : '';
  const words = { en: english, de: german }[language];
  const { address } = labels[language];
  return {
    ...words(order.number, refundOf(news, locale), when)[news.type],
    ...(news.type === 'OrderCreated'
      ? { rows: priceRows(order, locale), notes: [`${address}:\n${addressText(order)}`] }
      : {}),
    ...('shipmentId' in news ? parcel(order, news.shipmentId, language) : {}),
    greeting: greetings[language](order.firstName, order.lastName),
    closing: closings[language](shop),
  };
}
