import type { Prisma } from './prisma.generated/client.js';

/** The catalogue's database: the client itself, or a transaction. */
export type Db = Prisma.TransactionClient;
