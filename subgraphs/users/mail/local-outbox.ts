/** The transport of a shop without a mail server: files that a person can open with any mail reader. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { MailTransport } from './rules.js';

/** The file's name: that of a repeat is the same, so it replaces its forerunner. */
const fileNameOf = (messageId: string): string => `${messageId.replaceAll(/[^\w.@-]/g, '')}.eml`;

/** Writes mails to `folder`, whole or not at all. */
export function createLocalOutbox(folder: string): MailTransport {
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  return {
    send: async (mail) => {
      const { message } = await composer.sendMail(mail);
      await mkdir(folder, { recursive: true });
      const file = join(folder, fileNameOf(mail.messageId));
      const draft = join(folder, `.${randomUUID()}.draft`);
      const handle = await open(draft, 'wx', 0o600);
      try {
        await handle.writeFile(message as Buffer);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, file);
    },
    close: async () => composer.close(),
  };
}
