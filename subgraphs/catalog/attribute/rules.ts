/** An attribute: a typed fact about a product or a variant. */
import { invalidInput, type UserError } from '../../shared/errors.js';

export interface Attribute {
  name: string;
  type: 'TEXT' | 'NUMBER' | 'BOOLEAN';
  /** As text, whatever the type. */
  value: string;
}

const maxAttributes = 100;
const fits: Record<Attribute['type'], RegExp> = {
  TEXT: /^[^]{1,1000}$/,
  NUMBER: /^-?\d{1,15}(\.\d{1,6})?$/,
  BOOLEAN: /^(true|false)$/,
};

/** What is wrong with attributes that were given at `field`. */
export function checkAttributes(attributes: readonly Attribute[], field: string[]): UserError[] {
  if (attributes.length > maxAttributes)
    return [invalidInput(`There may be ${maxAttributes} attributes, not ${attributes.length}.`, field)];
  const seen = new Set<string>();
  return attributes.flatMap(({ name, type, value }, i) => {
    const at = [...field, String(i)];
    if (name.trim() === '' || name.length > 100)
      return [invalidInput('An attribute has a name of 1 to 100 characters.', [...at, 'name'])];
    if (seen.has(name)) return [invalidInput(`The attribute ${name} is there twice.`, [...at, 'name'])];
    seen.add(name);
    if (!fits[type].test(value))
      return [invalidInput(`${JSON.stringify(value)} is no ${type} value.`, [...at, 'value'])];
    return [];
  });
}

/** By name, numbers and booleans as such; where a name is there twice the later one counts. */
export const attributeObject = (
  attributes: readonly Attribute[],
): Record<string, string | number | boolean> =>
  Object.fromEntries(
    attributes.map(({ name, type, value }) => [
      name,
      type === 'NUMBER' ? Number(value) : type === 'BOOLEAN' ? value === 'true' : value,
    ]),
  );
