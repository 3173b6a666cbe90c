/** Names of services, which are part of the names of all resources. */

/** So that the names of functions (SERVICE-STAGE-ingest) stay below Lambda's limit of 64 characters with a long stage. */
const LENGTH_MAX = 40;

/** Returns why a service cannot have this name, as the end of a sentence. Undefined if it can. */
export const serviceNameFault = (name: string): string | undefined =>
  /^[A-Za-z][A-Za-z0-9-]*$/.test(name) && name.length <= LENGTH_MAX
    ? undefined
    : `must start with a letter and contain only letters, digits, and hyphens, at most ${LENGTH_MAX} characters, because its stack in CloudFormation gets this name. Got "${name}".`;
