/** Parameters that are ARNs of existing resources. */

import type { Setting } from '../src/config/setting.ts';
import type { Parameters } from './deployment.ts';

/** Kinds of resources, with the last part of their ARN as a pattern and as a user would write it. */
const KINDS = {
  sqs: [/^[\w-]{1,80}(?:\.fifo)?$/, 'QUEUE'],
  dynamodb: [/^table\/[\w.-]+$/, 'table/TABLE'],
  // IAM does not resolve an alias.
  kms: [/^key\/[\w-]+$/, 'key/KEY_ID'],
  secretsmanager: [/^secret:[\w/+=.@-]+$/, 'secret:NAME-SUFFIX'],
  sns: [/^[\w-]{1,256}(?:\.fifo)?$/, 'TOPIC'],
} as const;

/** ARN of one kind of resource. `regionFaults` compares its region with that of the stack. */
export const arn = (service: keyof typeof KINDS, meaning: string): Setting<string> => ({
  read: (value) => {
    const [pattern, form] = KINDS[service];
    const [, resource] = new RegExp(`^arn:aws[a-z-]*:${service}:[a-z0-9-]+:\\d{12}:(.+)$`).exec(value) ?? [];
    return resource !== undefined && pattern.test(resource)
      ? { value }
      : { fault: `must be an ARN like arn:aws:${service}:REGION:ACCOUNT:${form}` };
  },
  default: undefined,
  range: 'ARN',
  meaning,
});

/** Parameters with the ARN of a resource that the functions use. AWS permits none of them in another region. */
const ARNS = [
  ...(['secretArn', 'secretKmsKeyArn', 'queueArn', 'deadLetterQueueArn', 'tableArn', 'kmsKeyArn'] as const),
  'alarmTopicArn',
] as const;

/** Returns a fault for every resource outside the region of the stack. */
export const regionFaults = (parameters: Parameters): readonly string[] =>
  ARNS.flatMap((name) => {
    const given = parameters[name];
    const region = given?.split(':')[3];
    return region === undefined || region === parameters.region
      ? []
      : [
          `${name} must name a resource in ${parameters.region}, the region of the stack, got ${given}. Deploy with --region ${region}, or name another resource.`,
        ];
  });
