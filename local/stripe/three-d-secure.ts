// 3-D Secure: a page that stands for the bank's, where a person completes or fails the challenge.
import type { Stripe } from 'stripe';
import type { SandboxSettings } from './call.js';

interface Intent {
  id: string;
  client_secret: string | null;
}

/** Where the challenge of an intent is; who knows the client secret may open it, as with Stripe's own page. */
export function challengeUrl(baseUrl: string, intent: Intent): string {
  const secret = encodeURIComponent(intent.client_secret ?? '');
  return `${baseUrl}/_sandbox/3d_secure/${intent.id}?client_secret=${secret}`;
}

/** What the client has to do next: a redirect when it said where to come back to, else a page for Stripe.js. */
export function nextActionOf(
  settings: SandboxSettings,
  intent: Intent,
  returnUrl: string | null,
): Stripe.PaymentIntent.NextAction & Stripe.SetupIntent.NextAction {
  const url = challengeUrl(settings.baseUrl, intent);
  if (returnUrl !== null) return { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } };
  return { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url } };
}

/** Where the customer goes after the challenge: Stripe appends the intent, its secret and how it went. */
export function returnAddress(
  returnUrl: string,
  intent: Intent & { object: string },
  succeeded: boolean,
): string {
  const url = new URL(returnUrl);
  url.searchParams.set(intent.object, intent.id);
  url.searchParams.set(`${intent.object}_client_secret`, intent.client_secret ?? '');
  url.searchParams.set('redirect_status', succeeded ? 'succeeded' : 'failed');
  return url.toString();
}

function escapeHtml(value: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return value.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 4rem auto; padding: 0 1rem }
button { font: inherit; padding: .5rem 1rem }</style>
<h1>${title}</h1>
${body}
</html>
`;
}

/** The challenge, with one button for each way that it can go. */
export function challengePage(intent: Intent, amount: string | null): string {
  const action = escapeHtml(`/_sandbox/3d_secure/${intent.id}`);
  const secret = escapeHtml(intent.client_secret ?? '');
  return page(
    '3-D Secure test page',
    `<p>${amount === null ? 'A card is to be saved.' : `A payment of ${escapeHtml(amount)} is to be made.`}
Your bank would now ask whether it is you. This sandbox asks how the check should end.</p>
<form method="post" action="${action}">
<input type="hidden" name="client_secret" value="${secret}">
<button name="outcome" value="complete">Complete</button>
<button name="outcome" value="fail">Fail</button>
</form>`,
  );
}

/** What a person sees when there is nowhere to go back to. */
export function challengeDonePage(message: string): string {
  return page('3-D Secure test page', `<p>${escapeHtml(message)}</p>`);
}
