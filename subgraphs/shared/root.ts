/** Where schema/ and prisma/ are: in the checkout, or beside what `npm run build` made. */
import { existsSync } from 'node:fs';

function findRoot(): URL {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    if (existsSync(new URL('schema/supergraph.graphql', folder))) return folder;
    if (folder.pathname === '/' || folder.href === new URL('..', folder).href)
      throw new Error('schema/supergraph.graphql is missing: the installation is not complete.');
  }
}

/** The nearest folder above this file that has schema/ in it; ends with a slash. */
export const root: URL = findRoot();
