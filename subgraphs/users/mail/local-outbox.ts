/** The transport of a shop without a mail server: files that a person can open with any mail reader. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { MailTransport } from './rules.js';

/** The file's name: that of a repeat is the same, so it replaces its forerunner. */
const fileNameOf = (messageId: string): string => `${messageId.replaceAll(/[^\w.@-]/g, '')}.eml`;

/** Makes the folder when it is not there: at the first mail, and when somebody has cleared it away. */
async function openIn(folder: string, draft: string): Promise<FileHandle> {
  try {
    return await open(draft, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(folder, { recursive: true });
    return open(draft, 'wx', 0o600);
  }
}

/** Writes mails to `folder`, whole or not at all. */
export function createLocalOutbox(folder: string): MailTransport {
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  return {
    send: async (mail) => {
      const { message } = await composer.sendMail(mail);
      const file = join(folder, fileNameOf(mail.messageId));
      const draft = join(folder, `.${randomUUID()}.draft`);
      const handle = await openIn(folder, draft);
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
