/** Pages of lists that belong to users, such as notifications: pages with the same arguments are one statement. */
import DataLoader from 'dataloader';
import { pageOf, type Page, type PageArguments } from '../shared/pages.js';

/** The rows of one user's page, and one more where there is a next page. */
export type PageLoader<Row> = (parameters: PageArguments) => DataLoader<string, Row[]>;

/** `read` gives the rows of all the users, each user's in their order; the list is sorted by time and id. */
export function createPageLoader<Row extends { userId: string }>(
  read: (userIds: readonly string[], page: Page) => Promise<Row[]>,
): PageLoader<Row> {
  const loaders = new Map<string, DataLoader<string, Row[]>>();
  return (parameters) => {
    const page = pageOf(parameters, ['time', 'id']);
    const name = JSON.stringify(page);
    const known = loaders.get(name);
    if (known) return known;
    const loader = new DataLoader<string, Row[]>(
      async (userIds) => {
        const rows = await read(userIds, page);
        return userIds.map((userId) => rows.filter((row) => row.userId === userId));
      },
      { cache: false },
    );
    loaders.set(name, loader);
    return loader;
  };
}
