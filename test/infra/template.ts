/** Access to a packaged template. */

import { existsSync, readFileSync } from 'node:fs';

/** A resource of the packaged template. */
export interface TemplateResource {
  readonly Type: string;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the tests check the structure.
  readonly Properties: Readonly<Record<string, any>>;
}

/** A packaged template. */
export interface Template {
  readonly Resources: Record<string, TemplateResource>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** Reads the template of a package. */
export const readTemplate = (folder: string): Template =>
  JSON.parse(readFileSync(`${folder}/cloudformation-template-update-stack.json`, 'utf8'));

/** Returns the only resource of a type, or the one with this logical id. Throws if there is not exactly one. */
export const resourceOf = (template: Template, type: string, logicalId?: string): TemplateResource => {
  const found = Object.entries(template.Resources).filter(
    ([id, resource]) => resource.Type === type && (logicalId === undefined || id === logicalId),
  );
  if (found.length !== 1) throw new Error(`The template has ${found.length} of ${type} ${logicalId ?? ''}`);
  return (found[0] as [string, TemplateResource])[1];
};

/** Returns all resources of a type, with their logical ids. */
export const resourcesOf = (template: Template, type: string): readonly (readonly [string, TemplateResource])[] =>
  Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);

/** Yields the targets of all references inside a value: `Ref`, `Fn::GetAtt` and the names in `Fn::Sub`. */
export function* references(
  value: unknown,
): Generator<{ readonly id: string; readonly attribute: string | undefined }> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'Ref') yield { id: inner, attribute: undefined };
    else if (key === 'Fn::GetAtt') yield getAtt(inner);
    else if (key === 'Fn::Sub') yield* substitutions(inner);
    yield* references(inner);
  }
}

const getAtt = (given: string | readonly string[]): { id: string; attribute: string } => {
  const [id = '', ...rest] = typeof given === 'string' ? given.split('.') : given;
  return { id, attribute: rest.join('.') };
};

function* substitutions(text: string): Generator<{ readonly id: string; readonly attribute: string | undefined }> {
  for (const [, name = ''] of text.matchAll(/\$\{([^!}][^}]*)\}/g)) {
    const [id = '', ...rest] = name.split('.');
    yield { id, attribute: rest.length === 0 ? undefined : rest.join('.') };
  }
}

/** Returns the path of the zip of a function. Throws if it does not exist. */
export const zipOf = (folder: string, name: string): string => {
  const file = `${folder}/${name}.zip`;
  if (!existsSync(file)) throw new Error(`${file} is missing`);
  return file;
};
