/** Staff's session at the shop: signs in, renews the short-lived access token, and is patient with restarts. */
import type { TypedQueryDocumentNode } from 'graphql';
import { createClient, type VariablesOf } from '../../client/client.js';
import { GraphQLRequestError } from '../../client/errors.js';
import { SignInDocument } from '../../client/operations.generated.js';
import { withPatience, type Patience } from './patience.js';

/** The shop can't be used as it is; the message says what to do. */
export class ShopError extends Error {
  override readonly name = 'ShopError';
}

export interface Credentials {
  email: string;
  password: string;
}

export interface SessionOptions {
  url: string;
  /** Who signs in, or an access token, which nobody can renew. */
  staff: Credentials | { token: string };
  patience: Patience;
}

/** Runs an operation as staff. */
export interface Shop {
  run<Data, Variables>(
    document: TypedQueryDocumentNode<Data, Variables>,
    ...variables: VariablesOf<Variables>
  ): Promise<Data>;
}

/** A token is renewed before the shop refuses it. */
const renewBeforeMs = 60_000;

interface AccessToken {
  text: string;
  expiresAt: number;
}

async function signIn(url: string, credentials: Credentials): Promise<AccessToken> {
  const { signIn: payload } = await createClient({ url }).mutate(SignInDocument, { input: credentials });
  const { session, userErrors } = payload;
  if (!session) {
    throw new ShopError(
      `${url} does not let ${credentials.email} in (${userErrors[0]?.message ?? 'no reason given'}). Check --email and --password.`,
    );
  }
  return { text: session.accessToken, expiresAt: Date.parse(session.expiresAt) };
}

/** What a person can do about an error that patience has not mended. */
export function explainShop(error: unknown): unknown {
  if (!(error instanceof GraphQLRequestError)) return error;
  if (error.code === 'UNAUTHENTICATED')
    return new ShopError('The access token of HANSE_TOKEN is not valid any more: get a new one and go on.');
  if (error.code === 'FORBIDDEN')
    return new ShopError(`The account may not do this: ${error.message} It takes an administrator.`);
  if (error.code === 'NETWORK_ERROR' || error.code === 'BAD_ANSWER') return new ShopError(error.message);
  const quoted = error.correlationId ? `, ${error.correlationId}` : '';
  return new ShopError(`${error.message} (${error.code}${quoted})`);
}

/**
 * A session that has signed in once, so that wrong credentials and wrong addresses show at once.
 * @throws ShopError when the shop can't be reached or refuses the account
 */
export async function openSession({ url, staff, patience }: SessionOptions): Promise<Shop> {
  let token: Promise<AccessToken> | undefined;
  const renew = (): Promise<AccessToken> => {
    const next: Promise<AccessToken> =
      'token' in staff
        ? Promise.resolve({ text: staff.token, expiresAt: Infinity })
        : signIn(url, staff).catch((error: unknown) => {
            token = undefined;
            throw error;
          });
    token = next;
    return next;
  };
  const current = async (): Promise<string> => {
    const held = await (token ?? renew());
    return held.expiresAt - renewBeforeMs > Date.now() ? held.text : (await renew()).text;
  };
  const client = createClient({ url, token: current });
  try {
    await current();
  } catch (error) {
    throw explainShop(error);
  }
  return {
    run: (document, ...variables) =>
      withPatience(patience, async () => {
        try {
          return await client.query(document, ...variables);
        } catch (error) {
          const expired = error instanceof GraphQLRequestError && error.code === 'UNAUTHENTICATED';
          if (!expired || 'token' in staff) throw error;
          token = undefined;
          return client.query(document, ...variables);
        }
      }),
  };
}
