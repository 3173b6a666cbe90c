/** Compares a template with the specification of CloudFormation: types, properties, values and references. */

import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { PropertyType, ResourceProperties } from '@aws-cdk/service-spec-types';
import { references, type Template } from './template.ts';

const database = loadAwsServiceSpecSync();

const describe = (type: string) => {
  const [resource] = database.lookup('resource', 'cloudFormationType', 'equals', type);
  return resource;
};

/** Returns one sentence per violation of the specification. Empty if the template is valid. */
export const specificationFaults = (template: Template): readonly string[] => [
  ...Object.entries(template.Resources).flatMap(([id, { Type, Properties = {} }]) => {
    const resource = describe(Type);
    return resource === undefined
      ? [`${id}: there is no resource ${Type}`]
      : propertyFaults(Properties, resource.properties, `${id}`);
  }),
  ...referenceFaults(template),
];

const propertyFaults = (
  given: Readonly<Record<string, unknown>>,
  known: ResourceProperties,
  place: string,
): readonly string[] => [
  ...Object.entries(given).flatMap(([name, value]) => {
    const property = known[name];
    return property === undefined
      ? [`${place}: there is no property ${name}`]
      : valueFaults(value, property.type, `${place}.${name}`);
  }),
  ...Object.entries(known)
    .filter(([name, { required }]) => required === true && given[name] === undefined)
    .map(([name]) => `${place}: the property ${name} is missing`),
];

const isFunction = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === 1 &&
  /^(?:Ref|Fn::)/.test(Object.keys(value)[0] as string);

const valueFaults = (value: unknown, type: PropertyType, place: string): readonly string[] => {
  if (isFunction(value)) return [];
  switch (type.type) {
    case 'string':
    case 'integer':
      return scalarFaults(value, type.type === 'string' ? 'string' : 'number', type.allowedValues, place);
    case 'number':
    case 'boolean':
      return scalarFaults(value, type.type, undefined, place);
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((one, index) => valueFaults(one, type.element, `${place}[${index}]`))
        : [`${place} must be a list`];
    case 'map':
      return Object.entries(value as object).flatMap(([name, one]) =>
        valueFaults(one, type.element, `${place}.${name}`),
      );
    case 'ref':
      return typeof value === 'object' && value !== null
        ? propertyFaults(
            value as Record<string, unknown>,
            database.get('typeDefinition', type.reference.$ref).properties,
            place,
          )
        : [`${place} must be an object`];
    case 'union':
      return unionFaults(value, type.types, place);
    default:
      return [];
  }
};

const scalarFaults = (
  value: unknown,
  kind: 'string' | 'number' | 'boolean',
  allowed: readonly unknown[] | undefined,
  place: string,
): readonly string[] => {
  // CloudFormation accepts a number as a string.
  if (typeof value !== kind && !(kind === 'string' && typeof value === 'number')) return [`${place} must be a ${kind}`];
  return allowed === undefined || allowed.includes(value) ? [] : [`${place} must be one of ${allowed.join(', ')}`];
};

/** Returns the faults of the alternative with the fewest faults, because they are the most useful ones. */
const unionFaults = (value: unknown, types: readonly PropertyType[], place: string): readonly string[] =>
  types.map((type) => valueFaults(value, type, place)).sort((a, b) => a.length - b.length)[0] ?? [];

const referenceFaults = (template: Template): readonly string[] =>
  [...references(template)].flatMap(({ id, attribute }) => {
    if (id.startsWith('AWS::')) return [];
    const target = template.Resources[id];
    if (target === undefined) return [`there is no resource ${id} to refer to`];
    if (attribute === undefined || describe(target.Type)?.attributes[attribute] !== undefined) return [];
    return [`${id} has no attribute ${attribute}`];
  });
