import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { audienceOf, createSigner, createVerifier, toleranceMs } from './signature.js';

const oldKey = { id: 'old', secret: randomBytes(32) };
const newKey = { id: 'new', secret: randomBytes(32) };
const body = JSON.stringify({ query: '{ a }' });

function setting(keys = [newKey, oldKey], signingKeys = keys) {
  let now = 1_000_000;
  const clock = (): Date => new Date(now);
  const verify = createVerifier(keys, clock);
  return {
    sign: createSigner(signingKeys, clock),
    verify: (header: string | undefined, text = body) => verify('orders', header, Buffer.from(text)),
    pass: (ms: number) => void (now += ms),
  };
}

test('what was signed for it is taken, once', () => {
  const { sign, verify } = setting();
  const header = sign('orders', body);
  expect(verify(header)).toBeUndefined();
  expect(verify(header)).toBe('replayed');
  expect(verify(sign('orders', body))).toBeUndefined();
});

test('another body, audience, time or number makes it wrong', () => {
  const { sign, verify } = setting();
  const header = sign('orders', body);
  expect(verify(header, `${body} `)).toBe('wrong');
  expect(verify(sign('catalog', body))).toBe('wrong');
  expect(verify(sign(audienceOf('orders', true), body))).toBe('wrong');
  expect(verify(header.replace('at=1000000', 'at=1000001'))).toBe('wrong');
  expect(
    verify(header.replace(/nonce=./, 'nonce=~'.replace('~', header.includes('nonce=A') ? 'B' : 'A'))),
  ).toBe('wrong');
  expect(verify(header)).toBeUndefined();
});

test('unsigned and malformed ones are told apart', () => {
  const { verify } = setting();
  expect(verify(undefined)).toBe('missing');
  expect(verify('')).toBe('missing');
  expect(verify('Bearer x')).toBe('malformed');
  expect(verify(`key=new;at=1;nonce=${'a'.repeat(16)};mac=${'a'.repeat(42)}`)).toBe('malformed');
});

test('a signature is good for the tolerance, into the past and the future', () => {
  const { sign, verify, pass } = setting();
  const [first, second] = [sign('orders', body), sign('orders', body)];
  pass(toleranceMs);
  expect(verify(first)).toBeUndefined();
  pass(1);
  expect(verify(second)).toBe('too old or too new');
  const early = sign('orders', body);
  pass(-toleranceMs - 1);
  expect(verify(early)).toBe('too old or too new');
});

test('keys change without a stop: the old one is good as long as it is known', () => {
  const byOld = setting([newKey, oldKey], [oldKey]);
  expect(byOld.verify(byOld.sign('orders', body))).toBeUndefined();
  const afterwards = setting([newKey], [oldKey]);
  expect(afterwards.verify(afterwards.sign('orders', body))).toBe('unknown key');
});

test('without a key nothing is signed', () => {
  expect(() => createSigner([], () => new Date())).toThrow('no service key');
});
