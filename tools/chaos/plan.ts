/** What happens in a run, as a pure function of its seed: who buys what and how, and what breaks when. */
import { subgraphNames } from '../../subgraphs/list.js';
import type { Service } from '../../local/processes.js';
import { planGoods, type GoodsPlan } from './goods.js';
import { randomOf, weighted, type Random } from './random.js';

/** How a checkout goes, with how often it goes that way. */
export const storyWeights = {
  buys: 26,
  'buys as a customer': 8,
  'places twice at once': 5,
  'pays twice at once': 5,
  'leaves while paying': 8,
  'leaves the cart': 3,
  'leaves the order': 6,
  'is declined and pays with another card': 6,
  'is declined': 3,
  'proves who they are': 5,
  'leaves at the bank': 3,
  'pays by bank debit': 4,
  'pays by a bank debit that fails': 2,
  'cancels what was paid': 5,
  'cancels while paying': 4,
  'cancels some lines': 4,
  'gets some money back': 3,
  'gets the goods': 4,
  'has part of the money taken': 2,
  'cancels while the money is set aside': 2,
  'sends it all back': 3,
  'sends some of it back': 3,
  'gets a parcel of the carrier': 3,
  'buys what is to come': 4,
  'changes the cart in two windows': 3,
  'signs in with a full cart': 3,
  'counts the stock': 2,
  'receives and loses goods': 2,
  'receives what was waited for': 2,
  'moves goods between warehouses': 3,
} as const;
export type Story = keyof typeof storyWeights;

export interface Checkout {
  number: number;
  story: Story;
  /** Checkouts of one party happen one after the other. */
  party: string;
  /** Articles by their place in the shop. */
  lines: { article: number; quantity: number }[];
  coupon: string | null;
  /** The money is set aside as it is paid, and staff take it later. */
  setsAside: boolean;
  /** A wait before what the story is about, milliseconds. */
  pauseMs: number;
}

export const killable = [
  'gateway',
  'relay',
  ...subgraphNames,
  'sandbox',
] as const satisfies readonly Service[];

export type Fault =
  | { kind: 'kill'; process: (typeof killable)[number] }
  | { kind: 'postgres'; signal: 'SIGQUIT' | 'SIGKILL' }
  | { kind: 'redis' }
  | { kind: 'flush' }
  | { kind: 'time'; ms: number };

export interface Timed {
  /** When so many steps of checkouts have been taken. */
  afterSteps: number;
  fault: Fault;
}

/** What the payment provider does wrong all the time: local/stripe/chaos.ts. */
export interface ProviderFaults {
  repeat: number;
  delayMs: number;
  shuffleMs: number;
  dropRate: number;
  loseAnswerRate: number;
  seed: number;
}

export interface Plan {
  seed: number;
  goods: GoodsPlan;
  checkouts: Checkout[];
  faults: Timed[];
  provider: ProviderFaults;
}

export interface Size {
  checkouts: number;
  kills: number;
}

function planCheckout(seed: number, number: number, goods: GoodsPlan, customers: number): Checkout {
  const random = randomOf(seed, `checkout ${number}`);
  const story = weighted(random, storyWeights);
  const known = story === 'buys as a customer' || story === 'signs in with a full cart';
  const scarce = goods.articles.flatMap((article, i) => (article.scarce ? [i] : []));
  const later = goods.articles.findIndex(({ toCome }) => toCome);
  const usual = goods.articles.flatMap((article, i) => (article.toCome ? [] : [i]));
  const places = new Set(
    Array.from({ length: random.whole(1, 3) }, () =>
      random.next() < 0.3 ? random.pick(scarce) : random.pick(usual),
    ),
  );
  if (story.includes('to come')) places.add(later);
  return {
    ...{ number, story },
    party: known ? `customer ${random.whole(1, customers)}` : `guest ${number}`,
    lines: [...places].map((article) => ({ article, quantity: random.whole(1, 3) })),
    coupon: random.next() < 0.25 ? random.pick(goods.coupons).code : null,
    setsAside: mayBeSetAside(story) && (random.next() < 0.2 || isSetAside(story)),
    pauseMs: random.whole(0, 400),
  };
}

/** What a bank collects cannot be set aside. */
const mayBeSetAside = (story: Story): boolean => !story.includes('bank debit');
const isSetAside = (story: Story): boolean =>
  story.includes('money is set aside') || story.includes('money taken');

/** Every kind equally often, in an order of its own; PostgreSQL ends in one of two ways. */
function planKills(random: Random, kills: number): Fault[] {
  const kinds = random.shuffle([...killable, 'postgres', 'redis'] as const);
  return Array.from({ length: kills }, (_, i): Fault => {
    const kind = kinds[i % kinds.length] ?? 'gateway';
    if (kind === 'postgres') return { kind, signal: random.pick(['SIGQUIT', 'SIGKILL'] as const) };
    return kind === 'redis' ? { kind } : { kind: 'kill', process: kind };
  });
}

/** A checkout takes about so many steps. */
const stepsPerCheckout = 5;
const minute = 60_000;
/** Time that is let pass in jumps, at most: the provider's keys live for a day. */
const mostJumps = 24;

export function planRun(seed: number, { checkouts: count, kills }: Size): Plan {
  const random = randomOf(seed, 'plan');
  const goods = planGoods(randomOf(seed, 'goods'), count);
  const customers = Math.max(2, Math.round(count / 25));
  const checkouts = Array.from({ length: count }, (_, i) => planCheckout(seed, i + 1, goods, customers));
  const jumps = Math.min(mostJumps, Math.max(2, Math.round(kills / 6)));
  const faults: Fault[] = [
    ...planKills(random, kills),
    ...Array.from({ length: Math.max(1, Math.round(kills / 12)) }, (): Fault => ({ kind: 'flush' })),
    // From a payment's check to beyond the time in which an order must be paid.
    ...Array.from({ length: jumps }, (): Fault => ({ kind: 'time', ms: random.whole(2, 40) * minute })),
  ];
  const last = Math.max(20, count * stepsPerCheckout);
  return {
    ...{ seed, goods, checkouts },
    faults: random
      .shuffle(faults)
      .map((fault) => ({ afterSteps: random.whole(10, last), fault }))
      .sort((a, b) => a.afterSteps - b.afterSteps),
    provider: {
      ...{ repeat: random.whole(2, 4), delayMs: random.whole(0, 50), shuffleMs: random.whole(200, 2_000) },
      ...{ dropRate: 0.2, loseAnswerRate: 0.05, seed: random.whole(1, 1_000_000) },
    },
  };
}
