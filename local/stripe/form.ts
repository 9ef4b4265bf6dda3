// Stripe's parameter encoding: application/x-www-form-urlencoded with brackets for nesting.

export type FormValue = string | FormObject;
export interface FormObject {
  [key: string]: FormValue;
}

/**
 * Reads `a[b]=1&list[]=x&list[1]=y` into `{ a: { b: '1' }, list: { 0: 'x', 1: 'y' } }`. Lists stay objects with
 * number keys, since only the schema of an endpoint knows whether a list is meant (a metadata key may be a number).
 */
export function parseForm(encoded: string): FormObject {
  const root = emptyObject();
  for (const [name, value] of new URLSearchParams(encoded)) {
    insert(root, pathOf(name), value);
  }
  return root;
}

// Without a prototype, so that a parameter called `__proto__` is a key like any other.
function emptyObject(): FormObject {
  return Object.create(null) as FormObject;
}

function pathOf(name: string): string[] {
  const bracket = name.indexOf('[');
  if (bracket <= 0 || !name.endsWith(']')) return [name];
  return [name.slice(0, bracket), ...name.slice(bracket + 1, -1).split('][')];
}

function insert(root: FormObject, path: string[], value: string): void {
  let node = root;
  path.forEach((segment, index) => {
    const key = segment === '' ? String(Object.keys(node).length) : segment;
    if (index === path.length - 1) {
      node[key] = value;
      return;
    }
    const next = node[key];
    const child = typeof next === 'object' ? next : emptyObject();
    node[key] = child;
    node = child;
  });
}

/** One text for equal parameters whatever their order: what an idempotency key's repeat is compared by. */
export function canonicalForm(value: FormValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  const parts = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalForm(value[key] ?? '')}`);
  return `{${parts.join(',')}}`;
}

/** Every name and value, however deep. */
export function* textsOf(value: FormValue): Generator<string> {
  if (typeof value === 'string') {
    yield value;
    return;
  }
  for (const [key, child] of Object.entries(value)) {
    yield key;
    yield* textsOf(child);
  }
}
