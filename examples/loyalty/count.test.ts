import { expect, test } from '@jest/globals';
import { countHandWritten } from './count.js';

const patch = `diff --git a/schema/loyalty.graphql b/schema/loyalty.graphql
--- a/schema/loyalty.graphql
+++ b/schema/loyalty.graphql
@@ -1,3 +1,5 @@
 type User {
-  "Gone."
+  "A description is code."
+  # A comment is not.
+
+  points: Int!
diff --git a/subgraphs/loyalty/rules.ts b/subgraphs/loyalty/rules.ts
--- /dev/null
+++ b/subgraphs/loyalty/rules.ts
@@ -0,0 +1,5 @@
+/** What it is. */
+// Why.
+/**
+ * More.
+ */
+export const one = 1; // counts
diff --git a/prisma/loyalty/migrations/0002_loyalty/migration.sql b/prisma/loyalty/migrations/0002_loyalty/migration.sql
--- a/prisma/loyalty/migrations/0002_loyalty/migration.sql
+++ b/prisma/loyalty/migrations/0002_loyalty/migration.sql
@@ -0,0 +1,2 @@
+-- Why.
+  "order_id" UUID NOT NULL,
diff --git a/subgraphs/loyalty/rules.test.ts b/subgraphs/loyalty/rules.test.ts
--- a/subgraphs/loyalty/rules.test.ts
+++ b/subgraphs/loyalty/rules.test.ts
@@ -0,0 +1,1 @@
+test('one', () => undefined);
`;

test('added lines count, tests apart; blank lines, comments, context and what is taken out do not', () => {
  expect(countHandWritten(patch)).toEqual({ code: 4, tests: 1 });
  expect(countHandWritten('')).toEqual({ code: 0, tests: 0 });
});
