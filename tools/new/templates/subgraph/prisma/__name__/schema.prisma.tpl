generator client {
  provider = "prisma-client"
  output   = "../../subgraphs/__name__/prisma.generated"
}

datasource db {
  provider = "postgresql"
}

/// One per user. It stays when the user is deleted: nothing is entered any more then, also not what arrives late.
model Account {
  userId   String    @id @map("user_id") @db.Uuid
  erasedAt DateTime? @map("erased_at") @db.Timestamptz(3)

  @@map("account")
}

/// Written once; an account's balance is the sum.
model Entry {
  id         String   @id @db.Uuid
  userId     String   @map("user_id") @db.Uuid
  amount     Int
  occurredAt DateTime @map("occurred_at") @db.Timestamptz(3)

  @@index([userId], map: "entry_of_user")
  @@map("entry")
}
