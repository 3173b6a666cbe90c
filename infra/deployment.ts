/** What a template is computed from: where the stack is deployed, and the validated parameters. */

/** Place where the stack is deployed, as the Framework reports it. */
export interface Place {
  readonly service: string;
  readonly stage: string;
  readonly region: string;
  /** Whether a template is written, for `deploy` and `package`. Other commands only need the names in it. */
  readonly writesTemplate: boolean;
  /** Whether the stack is deployed to AWS, where no address of this machine can be reached. */
  readonly toAws: boolean;
}

/** Validated parameters. */
export interface Parameters extends Place {
  readonly sinkName: string;
  /** Environment variables of the functions that do not depend on the template. */
  readonly variables: Readonly<Record<string, string>>;
  readonly secretArn: string | undefined;
  readonly secretKmsKeyArn: string | undefined;
  readonly fifo: boolean;
  readonly queueArn: string | undefined;
  /** Senders that the policy of the event queue permits. */
  readonly senders: readonly string[];
  readonly deadLetterQueueArn: string | undefined;
  readonly tableArn: string | undefined;
  readonly kmsKeyArn: string | undefined;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly batchSize: number;
  /** Undefined for FIFO queues, which have no window. */
  readonly windowSeconds: number | undefined;
  readonly maximumConcurrency: number;
  readonly moveMaximumConcurrency: boolean;
  readonly deletionProtection: boolean;
  readonly pointInTimeRecovery: boolean;
  readonly logRetentionDays: number;
  readonly tracing: boolean;
  readonly vpc: { readonly SubnetIds: readonly string[]; readonly SecurityGroupIds: readonly string[] } | undefined;
  readonly vpcEndpoints: { readonly vpcId: string; readonly routeTableIds: readonly string[] } | undefined;
  readonly alarmTopicArn: string | undefined;
  readonly alarmAgeSeconds: number;
}

/** The parameters on which names of resources and metrics depend. */
export type NamingParameters = Pick<
  Parameters,
  'service' | 'stage' | 'sinkName' | 'fifo' | 'queueArn' | 'deadLetterQueueArn' | 'tableArn' | 'moveMaximumConcurrency'
>;
