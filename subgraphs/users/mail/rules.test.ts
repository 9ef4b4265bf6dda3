import { expect, test } from '@jest/globals';
import { mailedOrder } from '../tests/mailed-order.js';
import { escapeHtml, htmlOf } from './layout.js';
import { languageOf, messageIdOf, orderLink, senderOf } from './rules.js';
import { orderNews, wayBack } from './templates.js';

test.each([
  ['Hanse <shop@example.com>', 'Hanse', 'example.com'],
  ['"My Shop" <a@b.example>', 'My Shop', 'b.example'],
  ['shop@example.com', 'example.com', 'example.com'],
  ['<shop@example.com>', 'example.com', 'example.com'],
])('%s is a sender', (from, name, domain) => {
  expect(senderOf(from)).toEqual({ name, domain });
});

test('a Message-ID is that of the event', () => {
  expect(messageIdOf('1-2', 'Hanse <shop@example.com>')).toBe('<1-2.email@example.com>');
});

test('readers of a German locale get German, all others English', () => {
  expect(['de', 'de-AT', 'en-GB', 'fr', 'den'].map(languageOf)).toEqual(['de', 'de', 'en', 'en', 'en']);
});

test('no character that HTML would read reaches it', () => {
  expect(escapeHtml(`<a href="x" id='y'>&`)).toBe('&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;');
  const order = mailedOrder({ number: '<i>1</i>', firstName: '<script>' });
  const html = htmlOf(orderNews({ type: 'OrderAwaitsPayment' }, order, 'en', '<shop>'), 'en');
  expect(html).not.toMatch(/<i>|<script>|<shop>|<b>/);
});

test('a way back has a link where the shop has a page for it', () => {
  expect(orderLink('https://a.example/{number}?c={code}', 'H-1', 'a&b')).toBe(
    'https://a.example/H-1?c=a%26b',
  );
  expect(wayBack('H-1', 'c0de', 'en', null)).not.toContain('http');
  expect(wayBack('H-1', 'c0de', 'de', 'https://a.example/H-1')).toContain('c0de\nhttps://a.example/H-1');
});

test('German and English say the same kinds of news', () => {
  const types = [
    'OrderAwaitsPayment',
    'OrderConfirmed',
    'OrderPaid',
    'PaymentFailed',
    'OrderCancelled',
    'OrderChanged',
  ] as const;
  for (const type of types) {
    const [english, german] = ['en-GB', 'de-DE'].map((locale) =>
      orderNews({ type }, mailedOrder(), locale, 'Hanse'),
    );
    expect(english?.subject).not.toBe(german?.subject);
    expect(german?.subject).toContain('H-2026-ABC');
    expect(english?.rows?.length).toBe(german?.rows?.length);
  }
});
