/** Whether a document has a mutation in it: one must not run twice. */
export const isMutation = (query: string): boolean => /^\s*mutation\b/m.test(query);
