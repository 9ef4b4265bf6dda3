import type { Message } from '../../shared/events/catalogue.js';
import type { Context } from '../context.js';
import { IssueOrderAccessDocument, OrderForMailDocument } from '../operations/orders.generated.js';
import { htmlOf, textOf, type Content } from './layout.js';
import {
  languageOf,
  messageIdOf,
  orderLink,
  senderOf,
  tellsAll,
  type Mail,
  type OrderNews,
} from './rules.js';
import { mailTypes, type OrderMail } from './sent.js';
import { orderNews, wayBack, welcome, type Reader } from './templates.js';

/** The event that a mail tells of. */
type Cause = Pick<Message, 'id' | 'occurredAt'>;

const shopName = (ctx: Context): string => senderOf(ctx.config.mail.from).name;

async function send(
  ctx: Context,
  cause: Cause,
  reader: Reader,
  address: string,
  content: Content,
): Promise<void> {
  const { from } = ctx.config.mail;
  const mail: Mail = {
    messageId: messageIdOf(cause.id, from),
    from,
    to: { name: `${reader.firstName} ${reader.lastName}`, address },
    subject: content.subject,
    text: textOf(content),
    html: htmlOf(content, languageOf(reader.locale)),
    date: cause.occurredAt,
  };
  await ctx.mail.send(mail);
}

/** To a user who has registered, unless the account is gone already. */
export async function mailWelcome(ctx: Context, cause: Cause, userId: string): Promise<void> {
  const user = await ctx.loaders.userById.load(userId);
  if (user) await send(ctx, cause, user, user.email, welcome(user, shopName(ctx)));
}

/** What leads a guest without a session back to the order. A repeat of the mail has another. */
async function accessFor(
  ctx: Context,
  guest: boolean,
  orderId: string,
  news: OrderNews,
): Promise<string | null> {
  if (!guest || !tellsAll(news)) return null;
  const { issueOrderAccess } = await ctx.call('orders', IssueOrderAccessDocument, { orderId });
  return issueOrderAccess ?? null;
}

/**
 * To who ordered, at the address that they gave for the order, in the language of their account or, for guests, of the
 * order. Users who want no mail get none, and nobody does about an order that is not there any more: null then.
 */
export async function mailOrderNews(
  ctx: Context,
  cause: Cause,
  orderId: string,
  news: OrderNews,
): Promise<OrderMail | null> {
  const { orderForMail: order } = await ctx.call('orders', OrderForMailDocument, { id: orderId });
  if (!order) return null;
  // Stock that came for an order that is cancelled by now goes back.
  if (news.type === 'BackorderFilled' && order.status === 'CANCELLED') return null;
  // What became of it meanwhile is told by another mail.
  if (news.type === 'OrderAwaitsPayment' && !['PENDING', 'PAYMENT_FAILED'].includes(order.status))
    return null;
  const user = order.guest ? null : await ctx.loaders.userById.load(order.customerId);
  if (user && !user.preferences.email) return null;
  const { firstName, lastName } = order;
  const reader = { firstName, lastName, locale: user?.locale ?? order.locale };
  const content = orderNews(news, order, reader.locale, shopName(ctx));
  const accessToken = await accessFor(ctx, order.guest, orderId, news);
  const { orderUrl } = ctx.config.mail;
  const way =
    accessToken === null
      ? []
      : [
          wayBack(
            order.number,
            accessToken,
            reader.locale,
            orderUrl === null ? null : orderLink(orderUrl, order.number, accessToken),
          ),
        ];
  await send(ctx, cause, reader, order.email, { ...content, notes: [...(content.notes ?? []), ...way] });
  const { customerId } = order;
  return { eventId: cause.id, orderId, customerId, type: mailTypes[news.type], sentAt: ctx.clock() };
}
