/** The sentences of mails, in English and German. */
import type { Language, OrderNews } from './rules.js';

export const closings: Record<Language, (shop: string) => string> = {
  en: (shop) => `Best regards\n${shop}`,
  de: (shop) => `Freundliche Grüße\n${shop}`,
};

export const greetings: Record<Language, (firstName: string, lastName: string) => string> = {
  en: (firstName) => `Hello ${firstName},`,
  de: (firstName, lastName) => `Guten Tag ${firstName} ${lastName},`,
};

export interface Words {
  subject: string;
  paragraphs: string[];
}

type Sentences = (
  number: string,
  refund: string,
  when: string,
  waits: boolean,
) => Record<OrderNews['type'], Words>;

const english: Sentences = (number, refund, when, waits) => ({
  OrderAwaitsPayment: {
    subject: `Your order ${number}`,
    paragraphs: [
      `thank you for your order ${number}.`,
      ...(when ? [`Please pay it by ${when}: until then we keep the articles for you.`] : []),
    ],
  },
  OrderConfirmed: {
    subject: `Order ${number} is confirmed`,
    paragraphs: [
      `thank you for your order ${number}. Its amount is set aside, and taken when the articles leave our house.`,
    ],
  },
  OrderPaid: {
    subject: `Order ${number} is paid`,
    paragraphs: [
      waits
        ? `thank you for your order ${number}. We have received its payment. Some of it is not in stock yet: we write to you when it has come.`
        : `thank you for your order ${number}. We have received its payment, and pack it now.`,
    ],
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
  OrderChanged: {
    subject: `Order ${number} is changed`,
    paragraphs: [
      `your order ${number} has been changed. This is what it is now.`,
      ...(when ? [`Please pay it by ${when}: until then we keep the articles for you.`] : []),
    ],
  },
  BackorderFilled: {
    subject: `Stock has come for order ${number}`,
    paragraphs: [`what your order ${number} waited for has come:`],
  },
  ReturnApproved: {
    subject: `You can send back articles of order ${number}`,
    paragraphs: [`please send these articles of your order ${number} back to us:`],
  },
  ReturnRejected: {
    subject: `About your return for order ${number}`,
    paragraphs: [`we are sorry: we cannot take these articles of your order ${number} back.`],
  },
  ReturnReceived: {
    subject: `Your return for order ${number} has arrived`,
    paragraphs: [
      `these articles of your order ${number} have come back. What they cost is sent back to you.`,
    ],
  },
});

const german: Sentences = (number, refund, when, waits) => ({
  OrderAwaitsPayment: {
    subject: `Ihre Bestellung ${number}`,
    paragraphs: [
      `vielen Dank für Ihre Bestellung ${number}.`,
      ...(when
        ? [`Bitte bezahlen Sie sie bis ${when}: so lange halten wir die Artikel für Sie zurück.`]
        : []),
    ],
  },
  OrderConfirmed: {
    subject: `Bestellung ${number} ist bestätigt`,
    paragraphs: [
      `vielen Dank für Ihre Bestellung ${number}. Der Betrag ist vorgemerkt und wird abgebucht, wenn die Artikel unser Haus verlassen.`,
    ],
  },
  OrderPaid: {
    subject: `Bestellung ${number} ist bezahlt`,
    paragraphs: [
      waits
        ? `vielen Dank für Ihre Bestellung ${number}. Die Zahlung ist eingegangen. Etwas davon ist noch nicht da: Wir schreiben Ihnen, wenn es eingetroffen ist.`
        : `vielen Dank für Ihre Bestellung ${number}. Die Zahlung ist eingegangen; wir packen sie jetzt.`,
    ],
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
  OrderChanged: {
    subject: `Bestellung ${number} ist geändert`,
    paragraphs: [
      `Ihre Bestellung ${number} wurde geändert. So lautet sie jetzt.`,
      ...(when
        ? [`Bitte bezahlen Sie sie bis ${when}: so lange halten wir die Artikel für Sie zurück.`]
        : []),
    ],
  },
  BackorderFilled: {
    subject: `Ware für Bestellung ${number} ist da`,
    paragraphs: [`worauf Ihre Bestellung ${number} gewartet hat, ist eingetroffen:`],
  },
  ReturnApproved: {
    subject: `Rücksendung zur Bestellung ${number}`,
    paragraphs: [`bitte senden Sie uns diese Artikel Ihrer Bestellung ${number} zurück:`],
  },
  ReturnRejected: {
    subject: `Zu Ihrer Rücksendung zur Bestellung ${number}`,
    paragraphs: [`leider können wir diese Artikel Ihrer Bestellung ${number} nicht zurücknehmen.`],
  },
  ReturnReceived: {
    subject: `Ihre Rücksendung zur Bestellung ${number} ist da`,
    paragraphs: [
      `diese Artikel Ihrer Bestellung ${number} sind zurückgekommen. Was sie gekostet haben, wird zurückgesandt.`,
    ],
  },
});

/**
 * What is told of an order: `refund` is an amount, empty where nothing was refunded; `when` the end of the time to pay,
 * empty where there is none; `waits` whether some of it is not in stock.
 */
export const orderSentences: Record<Language, Sentences> = { en: english, de: german };

export const labels: Record<
  Language,
  {
    shipping: string;
    total: string;
    tax: string;
    address: string;
    tracking: string;
    label: string;
    waits: string;
    expected: string;
  }
> = {
  en: {
    shipping: 'Shipping',
    total: 'Total',
    tax: 'Tax therein',
    address: 'Ship to',
    tracking: 'Tracking number',
    label: 'Label for the parcel',
    waits: 'Not in stock yet',
    expected: 'expected on',
  },
  de: {
    shipping: 'Versand',
    total: 'Gesamt',
    tax: 'Darin Steuer',
    address: 'Lieferung an',
    tracking: 'Sendungsnummer',
    label: 'Versandschein',
    waits: 'Noch nicht vorrätig',
    expected: 'erwartet am',
  },
};
