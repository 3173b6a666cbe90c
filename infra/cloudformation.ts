/** Types and functions for the parts of CloudFormation that the template uses. */

/** A resource of the template. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: 'Retain' | 'Delete';
  readonly UpdateReplacePolicy?: 'Retain' | 'Delete';
}

/** Resources by logical id. */
export type Resources = Readonly<Record<string, Resource>>;

/** A part of the template. All parts are merged into one. */
export interface Part {
  readonly Resources: Resources;
  readonly Outputs?: Readonly<Record<string, { readonly Description: string; readonly Value: unknown }>>;
}

/** Returns a reference to a resource or a parameter. */
export const ref = (logicalId: string): { readonly Ref: string } => ({ Ref: logicalId });

/** Returns an attribute of a resource. */
export const attribute = (logicalId: string, name: string): { readonly 'Fn::GetAtt': readonly string[] } => ({
  'Fn::GetAtt': [logicalId, name],
});

/** Returns a text in which CloudFormation substitutes `${Resource}`, `${Resource.Attribute}` and `${AWS::Region}`. */
export const sub = (text: string): { readonly 'Fn::Sub': string } => ({ 'Fn::Sub': text });

/** Returns the properties if the condition is truthy, otherwise none, because CloudFormation refuses nulls. */
export const when = <T>(condition: unknown, properties: T): T | Record<string, never> => (condition ? properties : {});
