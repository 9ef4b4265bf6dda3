extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable"])

type Query {
  "The account of a user. Null for what the viewer may not see."
  __name__Account("The user's id." userId: ID!): __Name__Account
  "Events and timers that __name__ failed to handle again and again, the newest first. Staff with `events:read`."
  __name__DeadLetters(
    "How many: 1 to 100, 20 when absent."
    first: Int
    "`endCursor` of the page before."
    after: String
  ): DeadLetterConnection!
}

type Mutation {
  "Adds to a user's balance, once per idempotencyKey. Staff with `users:write`."
  add__Name__Entry("What is added, and to whose." input: Add__Name__EntryInput!): Add__Name__EntryPayload!
  "Puts dead letters back into the inbox, due at once. Staff with `events:retry`."
  retry__Name__DeadLetters("Which ones." input: Retry__Name__DeadLettersInput!): RetryDeadLettersPayload!
}

type User @key(fields: "id") {
  id: ID!
  "What __name__ keeps for the user. Only the user sees it, and staff with `users:read`."
  __name__Account: __Name__Account!
}

"What __name__ keeps for a user."
type __Name__Account {
  "Whose it is."
  user: User!
  "The sum of all entries."
  balance: Int!
}

"An entry to a user's account."
input Add__Name__EntryInput {
  "A new one for each intent, the same for a retry."
  idempotencyKey: ID!
  "Whose account."
  userId: ID!
  "How much is added: 1 to 1,000."
  amount: Int!
}

"The account after the entry."
type Add__Name__EntryPayload {
  "The account; absent where it was refused."
  account: __Name__Account
  "Why nothing was added."
  userErrors: [UserError!]!
}

"Which dead letters."
input Retry__Name__DeadLettersInput {
  "Their ids."
  ids: [ID!]!
}
