/** A mail to a customer: what it says, in which language, and how a repeat of it is recognised. */
import type { Money } from '../../shared/money.js';
import type { OrderForMailQuery } from '../operations/orders.generated.js';

export interface Mail {
  /** The same whenever the same event is told again: mail servers and readers drop the repeat by it. */
  messageId: string;
  from: string;
  to: { name: string; address: string };
  subject: string;
  text: string;
  html: string;
  date: Date;
}

/** Carries mails to their readers. A failure throws: the mail is sent again later. */
export interface MailTransport {
  send(mail: Mail): Promise<void>;
  close(): Promise<void>;
}

export type MailedOrder = NonNullable<OrderForMailQuery['orderForMail']>;

/** News of an order that are mailed, by event; with the facts that the event adds. */
export type OrderNews =
  | { type: 'OrderAwaitsPayment' }
  | { type: 'OrderConfirmed' }
  | { type: 'OrderPaid' }
  | { type: 'PaymentFailed' }
  | { type: 'OrderShipped'; shipmentId: string }
  | { type: 'OrderDelivered'; shipmentId: string }
  | { type: 'OrderRefunded'; refund: Money }
  | { type: 'OrderCancelled' }
  | { type: 'OrderChanged' }
  /** Stock has come for these variants. */
  | { type: 'BackorderFilled'; lines: { variantId: string; quantity: number }[] }
  | { type: 'ReturnApproved' | 'ReturnRejected' | 'ReturnReceived'; returnId: string };

/** The first mail about an order is one of these: they say all of it, and lead a guest back to it. */
export const tellsAll = ({ type }: OrderNews): boolean =>
  ['OrderAwaitsPayment', 'OrderConfirmed', 'OrderPaid', 'OrderChanged'].includes(type);

export type Language = 'en' | 'de';

/** The language of ours that a reader of this locale gets. */
export const languageOf = (locale: string): Language => (/^de\b/i.test(locale) ? 'de' : 'en');

/** `Hanse <shop@example.com>` is `Hanse` of `example.com`. */
export function senderOf(from: string): { name: string; domain: string } {
  const match = /^\s*(?:"?([^"<]*?)"?\s*<)?[^<>@\s]+@([^<>@\s]+)>?\s*$/.exec(from);
  return { name: match?.[1] || match?.[2] || 'Hanse', domain: match?.[2] ?? 'localhost' };
}

/** Of the event and the channel that it is told by. */
export const messageIdOf = (eventId: string, from: string): string =>
  `<${eventId}.email@${senderOf(from).domain}>`;

/** The shop front's page of an order: `{number}` and `{code}` stand for the order's number and a guest's access code. */
export const orderLink = (template: string, number: string, code: string): string =>
  template.replaceAll('{number}', encodeURIComponent(number)).replaceAll('{code}', encodeURIComponent(code));

export interface Waiting {
  name: string;
  quantity: number;
  expectedAt: string | null;
}

/** What of the order waits for stock. */
export const waitingOf = ({ items }: MailedOrder): Waiting[] =>
  items.flatMap(({ name, backorderedQuantity: quantity, expectedAt }) =>
    quantity > 0 ? [{ name, quantity, expectedAt: expectedAt ?? null }] : [],
  );
