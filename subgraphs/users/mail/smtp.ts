import { createTransport } from 'nodemailer';
import type { MailTransport } from './rules.js';

/**
 * Sends over SMTP. The times are short: a mail is leased for half a minute, and who has not sent it by then must have
 * given up, or another process sends it as well.
 */
export function createSmtpTransport(url: string): MailTransport {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: 2,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 8_000,
  });
  return {
    send: async (mail) => void (await transport.sendMail(mail)),
    close: async () => transport.close(),
  };
}
