/** The few words of CloudFormation that the parts of the template are written in. */

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: 'Retain' | 'Delete';
  readonly UpdateReplacePolicy?: 'Retain' | 'Delete';
}

export type Resources = Readonly<Record<string, Resource>>;

export interface Part {
  readonly Resources: Resources;
  readonly Outputs?: Readonly<Record<string, { readonly Description: string; readonly Value: unknown }>>;
}

export const ref = (logicalId: string): { readonly Ref: string } => ({ Ref: logicalId });

export const attribute = (logicalId: string, name: string): { readonly 'Fn::GetAtt': readonly string[] } => ({
  'Fn::GetAtt': [logicalId, name],
});

/** Text with `${Resource}`, `${Resource.Attribute}` and `${AWS::Region}` in it. */
export const sub = (text: string): { readonly 'Fn::Sub': string } => ({ 'Fn::Sub': text });

/** A property that is there only where a value is: CloudFormation refuses nulls. */
export const when = <T>(condition: unknown, properties: T): T | Record<string, never> => (condition ? properties : {});
