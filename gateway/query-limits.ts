/** Limits on a document, checked as validation rules: once per document, since Apollo Server caches what passed. */
import {
  GraphQLError,
  Kind,
  parse,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';
import { clientError, type ClientErrorCode } from './errors.js';
import type { Limits } from './limits.js';

interface Size {
  depth: number;
  aliases: number;
  /** Fields directly in the selection set, those of its fragments included. */
  fields: number;
}

const nothing: Size = { depth: 0, aliases: 0, fields: 0 };
const beside = (a: Size, b: Size): Size => ({
  depth: Math.max(a.depth, b.depth),
  aliases: a.aliases + b.aliases,
  fields: a.fields + b.fields,
});

/**
 * The size of a selection set with its fragments put in. Each fragment is measured once, so that the work is linear where
 * the expanded query is exponential; one that contains itself counts as empty, another rule refuses it.
 */
function createMeasure(findFragment: (name: string) => FragmentDefinitionNode | null | undefined) {
  const known = new Map<string, Size>();

  function measure(selectionSet: SelectionSetNode): Size {
    return selectionSet.selections.reduce<Size>((sum, selection) => {
      if (selection.kind === Kind.INLINE_FRAGMENT) return beside(sum, measure(selection.selectionSet));
      if (selection.kind === Kind.FRAGMENT_SPREAD) return beside(sum, measureFragment(selection.name.value));
      // graphql-js has its own rule for the depth of introspection; tools like Sandbox need 13 levels of it.
      const introspection = selection.name.value.startsWith('__');
      const inner = selection.selectionSet && !introspection ? measure(selection.selectionSet) : nothing;
      return beside(sum, {
        depth: inner.depth + 1,
        aliases: inner.aliases + (selection.alias ? 1 : 0),
        fields: 1,
      });
    }, nothing);
  }

  function measureFragment(name: string): Size {
    const found = known.get(name);
    if (found) return found;
    known.set(name, nothing);
    const fragment = findFragment(name);
    const size = fragment ? measure(fragment.selectionSet) : nothing;
    known.set(name, size);
    return size;
  }

  return measure;
}

/** The rule that refuses operations that are too deep, have too many aliases or too many root fields. */
export function operationSizeRule(limits: Limits): ValidationRule {
  return (context: ValidationContext) => {
    const measure = createMeasure((name) => context.getFragment(name));
    return {
      OperationDefinition(operation: OperationDefinitionNode) {
        const size = measure(operation.selectionSet);
        const refuse = (code: ClientErrorCode, what: string, is: number, limit: number): void => {
          if (is <= limit) return;
          const message = `This operation has ${is} ${what}; at most ${limit} are allowed.`;
          context.reportError(new GraphQLError(message, { nodes: [operation], extensions: { code, limit } }));
        };
        refuse('QUERY_TOO_DEEP', 'levels of fields', size.depth, limits.depth);
        refuse('TOO_MANY_ALIASES', 'aliases', size.aliases, limits.aliases);
        refuse('TOO_MANY_ROOT_FIELDS', 'root fields', size.fields, limits.rootFields);
      },
    };
  };
}

function hasRootCondition(document: DocumentNode, operation: OperationDefinitionNode): boolean {
  const fragments = new Map(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [],
    ),
  );
  const seen = new Set<string>();
  const conditional = (selectionSet: SelectionSetNode): boolean =>
    selectionSet.selections.some((selection) => {
      if (selection.directives?.some(({ name }) => name.value === 'skip' || name.value === 'include'))
        return true;
      if (selection.kind === Kind.INLINE_FRAGMENT) return conditional(selection.selectionSet);
      if (selection.kind !== Kind.FRAGMENT_SPREAD || seen.has(selection.name.value)) return false;
      seen.add(selection.name.value);
      const fragment = fragments.get(selection.name.value);
      return fragment !== undefined && conditional(fragment.selectionSet);
    });
  return conditional(operation.selectionSet);
}

/**
 * Refuses @skip and @include on a subscription's root field. It has to happen before validation: graphql-js' own rule for
 * subscriptions throws on them instead of reporting, and the planner can't plan them.
 */
export function refuseConditionalSubscription(query: unknown, limits: Limits): void {
  if (typeof query !== 'string' || !query.includes('subscription')) return;
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens: limits.tokens, noLocation: true });
  } catch {
    return; // The pipeline reports it.
  }
  for (const node of document.definitions)
    if (
      node.kind === Kind.OPERATION_DEFINITION &&
      node.operation === 'subscription' &&
      hasRootCondition(document, node)
    )
      throw clientError(
        'SUBSCRIPTION_ROOT_CONDITION',
        '@skip and @include are not allowed on the root field of a subscription: do not subscribe, or select less inside it.',
        400,
      );
}
