import { GraphQLScalarType, Kind } from 'graphql';
import {
  CountryCodeResolver,
  CurrencyResolver,
  DateTimeResolver,
  EmailAddressResolver,
  JSONObjectResolver,
  LocalDateResolver,
  LocaleResolver,
  PhoneNumberResolver,
  TimeZoneResolver,
  URLResolver,
} from 'graphql-scalars';
import { badInput } from './errors.js';

const parseDecimal = (value: unknown): string => {
  if (typeof value === 'string' && /^-?\d{1,15}(\.\d{1,6})?$/.test(value)) return value;
  throw badInput(`A Decimal is a string such as "19.99", not ${JSON.stringify(value)}.`);
};

/** A decimal number as a string, exact; floats are refused. */
const DecimalResolver = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  serialize: (value) => parseDecimal(value),
  parseValue: parseDecimal,
  parseLiteral: (node) => parseDecimal(node.kind === Kind.STRING ? node.value : node.kind),
});

/** Keeps a library's behaviour under the name that our SDL gives it. */
const named = (name: string, scalar: GraphQLScalarType): GraphQLScalarType =>
  new GraphQLScalarType({ ...scalar.toConfig(), name });

export const scalars: Record<string, GraphQLScalarType> = {
  CountryCode: CountryCodeResolver,
  CurrencyCode: named('CurrencyCode', CurrencyResolver),
  Date: named('Date', LocalDateResolver),
  DateTime: DateTimeResolver,
  Decimal: DecimalResolver,
  EmailAddress: EmailAddressResolver,
  JSONObject: JSONObjectResolver,
  Locale: LocaleResolver,
  PhoneNumber: PhoneNumberResolver,
  TimeZone: TimeZoneResolver,
  URL: URLResolver,
};
