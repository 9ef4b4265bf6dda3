/**
 * `npm run payment-rules`: prints the rules of compliance and fraud score that PAYMENT_RULES makes, all of them, in the form
 * of that variable, and to stderr what each risk rule's numbers count. Says what is wrong with it, and ends with 1.
 */
import { riskCodes, riskRules } from '../subgraphs/payments/risk/rules.js';
import { effectiveRules } from '../subgraphs/payments/settings.js';
import { ConfigError, readConfig } from '../subgraphs/shared/config.js';

const explanation = riskCodes.map((code) => `  ${code}: ${riskRules[code].counts}`).join('\n');

/** Lists on one line. */
const inLines = (json: string): string =>
  json.replaceAll(/\[[^{}]*?\](?=,?\n\s*["}])/g, (list) => list.replaceAll(/\s+/g, ' '));

try {
  const { paymentRules } = readConfig({ PAYMENT_RULES: process.env['PAYMENT_RULES'] });
  console.log(inLines(JSON.stringify(effectiveRules(paymentRules), null, 2)));
  console.error(`\nrisk.rules: [[from, weight], ...]; what "from" counts:\n${explanation}`);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
