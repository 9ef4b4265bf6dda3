/** A recommendation: a product worth showing, how strongly, and why. */
import { badInput } from '../../shared/errors.js';

export type Algorithm =
  'BOUGHT_TOGETHER' | 'RELATED' | 'HISTORY' | 'POPULAR_IN_CATEGORY' | 'POPULAR' | 'NEWEST';

export interface Recommendation {
  productId: string;
  score: number;
  algorithm: Algorithm;
  /** Arm of the experiment that made the list; null where none runs. */
  experimentArm: string | null;
}

/** A product or user of another subgraph, to which fields are added here. */
export interface Reference {
  id: string;
}

export const reasons: Record<Algorithm, string> = {
  BOUGHT_TOGETHER: 'Often bought together',
  RELATED: 'Others who looked at this were interested in it, too',
  HISTORY: 'Goes with what you bought or looked at',
  POPULAR_IN_CATEGORY: 'Popular in this category',
  POPULAR: 'Popular in the shop',
  NEWEST: 'New in the shop',
};

/** As many neighbours as the models keep of a product. */
export const maxRecommendations = 50;

/** `first` as it was asked for; a BAD_USER_INPUT error where it is out of range. */
export function limitOf(first: number): number {
  if (first < 1 || first > maxRecommendations)
    throw badInput(`first must be 1 to ${maxRecommendations}, not ${first}.`, ['first']);
  return first;
}

/** A user's history, for HISTORY: how far back it is read, and how fast it fades. */
export const history = { products: 50, halfLifeDays: 30 };
