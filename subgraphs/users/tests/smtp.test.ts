import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { startUsers, type UsersUnderTest } from './users.js';

interface Received {
  to: string[];
  message: string;
}
const received: Received[] = [];
let refuses = false;
let server: SMTPServer;
let shop: UsersUnderTest;

beforeAll(async () => {
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (_address, _session, done) => done(refuses ? new Error('try later') : null),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        received.push({ to, message: Buffer.concat(chunks).toString() });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  shop = await startUsers(
    {},
    { SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM: 'Kontor <kontor@example.org>' },
  );
  await shop.users.start();
});
afterAll(async () => {
  await shop.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

const welcome = async (
  userId: string,
): Promise<{ id: string; failed: string | null; again(): Promise<void> }> => {
  const delivery = { id: shop.parts.newId(), type: 'UserRegistered', payload: { userId, locale: 'en-GB' } };
  const { failed } = await shop.deliver('mail', delivery);
  return { id: delivery.id, failed, again: async () => void (await shop.deliver('mail', delivery)) };
};

test('with a mail server mails go over SMTP, and a repeat carries the same Message-ID', async () => {
  const { id: userId, email } = await shop.newUser();
  const { id, failed, again } = await welcome(userId);
  expect(failed).toBeNull();
  await again();
  const mails = received.filter(({ to }) => to.includes(email.toLowerCase()));
  expect(mails).toHaveLength(2);
  for (const { message } of mails) {
    expect(message).toContain(`Message-ID: <${id}.email@example.org>`);
    expect(message).toContain('From: Kontor <kontor@example.org>');
    expect(message).toContain('Subject: Welcome to Kontor');
  }
});

test('a mail that the server refuses is tried again', async () => {
  const { id: userId, email } = await shop.newUser();
  refuses = true;
  const { failed, again } = await welcome(userId);
  expect(failed).toContain('try later');
  expect(received.filter(({ to }) => to.includes(email.toLowerCase()))).toEqual([]);
  refuses = false;
  await again();
  expect(received.filter(({ to }) => to.includes(email.toLowerCase()))).toHaveLength(1);
});
