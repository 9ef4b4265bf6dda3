import type { Prisma, PrismaClient } from './prisma.generated/client.js';

/** The client, or a transaction of it. */
export type Db = PrismaClient | Prisma.TransactionClient;
