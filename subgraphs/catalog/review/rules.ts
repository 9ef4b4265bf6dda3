/** A review: a customer's opinion of a product, and the rating that all of them make. */
import { invalidInput, type UserError } from '../../shared/errors.js';

export interface Review {
  id: string;
  productId: string;
  /** 1 to 5. */
  rating: number;
  title: string | null;
  body: string | null;
  createdAt: Date;
}

export interface Rating {
  count: number;
  sum: number;
}

/** Mean with two digits, rounded half up in integers: `13 / 3` is `4.33`; null without reviews. */
export function averageRating({ count, sum }: Rating): string | null {
  if (count === 0) return null;
  const hundredths = Math.floor((sum * 200 + count) / (2 * count));
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
}

/** What is wrong with a review that was given. */
export function checkReview(review: Pick<Review, 'rating' | 'title' | 'body'>): UserError[] {
  const wrong: UserError[] = [];
  if (review.rating < 1 || review.rating > 5) wrong.push(invalidInput('Stars are 1 to 5.', ['rating']));
  if ((review.title?.length ?? 0) > 200)
    wrong.push(invalidInput('A heading has at most 200 characters.', ['title']));
  if ((review.body?.length ?? 0) > 5_000)
    wrong.push(invalidInput('A text has at most 5,000 characters.', ['body']));
  return wrong;
}
