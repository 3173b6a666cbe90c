/**
 * Differences between the rights that MiniStack 1.5.33 checks and those that AWS checks, for the calls of the sink. Each
 * is covered in one place here, so that the policies of the template stay those of AWS.
 */

import { GetRolePolicyCommand, ListRolePoliciesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import type { Clients } from './deployed.ts';

/** A statement of a policy, with its references resolved. */
export interface Statement {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
}

/** Returns the statements of a role as the emulator has resolved them. */
export const statementsOf = async ({ iam }: Clients, RoleName: string): Promise<readonly Statement[]> => {
  const { PolicyNames: [PolicyName] = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const { PolicyDocument = '{}' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
  return JSON.parse(decodeURIComponent(PolicyDocument)).Statement;
};

const BATCHES = /^sqs:(?:SendMessage|DeleteMessage|ChangeMessageVisibility)$/;

/** Names under which MiniStack checks an action. */
const aliases = (action: string): readonly string[] => {
  // AWS checks a batch of a call as the call. MiniStack checks an action that AWS does not have.
  if (BATCHES.test(action)) return [`${action}Batch`];
  // MiniStack takes each GET of a mapping for a list.
  if (action === 'lambda:GetEventSourceMapping') return ['lambda:ListEventSourceMappings'];
  return [];
};

/** Names under which MiniStack checks the resource of an action: log groups without the part for their streams. */
const renamed = (action: string, resource: string): string =>
  action.startsWith('logs:') ? resource.replace(/:\*$/, '') : resource;

const translated = ({ Effect, Action, Resource }: Statement): readonly Statement[] =>
  Action.flatMap((action) => {
    const actions = action.startsWith('logs:') ? [action] : aliases(action);
    return actions.map((one) => ({
      Effect,
      Action: [one],
      Resource: [Resource].flat().map((resource) => renamed(action, resource)),
    }));
  });

/** Adds the same rights to a role under the names that MiniStack uses. */
export const addEmulatorNames = async (clients: Clients, RoleName: string): Promise<void> => {
  const Statement = (await statementsOf(clients, RoleName)).flatMap(translated);
  await clients.iam.send(
    new PutRolePolicyCommand({
      RoleName,
      PolicyName: 'names-of-the-emulator',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
    }),
  );
};

/** Actions that MiniStack never denies. `isAllowed` decides about them. */
export const UNCHECKED: ReadonlySet<string> = new Set([
  'lambda:UpdateEventSourceMapping',
  'lambda:DeleteEventSourceMapping',
]);

/** Resources of the roles are whole ARNs, except for the suffix of a secret. */
const matches = (pattern: string, text: string): boolean =>
  pattern === text ||
  (pattern.endsWith('-??????') &&
    /^-\w{6}$/.test(text.slice(pattern.length - 7)) &&
    text.startsWith(pattern.slice(0, -7)));

/** Returns whether a statement allows the action on the resource. The roles have no denials and no conditions. */
export const isAllowed = (statements: readonly Statement[], action: string, resource: string): boolean =>
  statements.some(
    ({ Effect, Action, Resource }) =>
      Effect === 'Allow' && Action.includes(action) && [Resource].flat().some((one) => matches(one, resource)),
  );
