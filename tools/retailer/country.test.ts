import { expect, test } from '@jest/globals';
import { countryCodes, countryOf } from './country.js';

test.each([
  ['United Kingdom', 'GB', false],
  ['EIRE', 'IE', false],
  ['RSA', 'ZA', false],
  ['USA', 'US', false],
  ['Channel Islands', 'JE', true],
  ['European Community', 'GB', true],
  ['Unspecified', 'GB', true],
])('%s is %s', (name, code, assumed) => {
  expect(countryOf(name)).toEqual({ code, assumed });
});

test('a name that is not in the table is none of ours', () => {
  expect(countryOf('Atlantis')).toBeNull();
});

test('codes are those of ISO 3166, each once', () => {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  expect(countryCodes.filter((code) => names.of(code) === undefined)).toEqual([]);
  expect(new Set(countryCodes).size).toBe(countryCodes.length);
});
