/** VPC endpoints for the services that the functions call, for subnets without access to the internet. */

import { type Part, type Resource, sub } from './cloudformation.ts';
import type { Parameters } from './deployment.ts';

/**
 * Whether the ingest function invokes the flush function. Without access to the internet it needs an endpoint of Lambda,
 * which costs more than it saves. Nothing is stored from a FIFO queue.
 */
export const invokesFlush = ({ fifo, vpcEndpoints, moveMaximumConcurrency }: Parameters): boolean =>
  !fifo && (vpcEndpoints === undefined || moveMaximumConcurrency);

/** Returns the endpoints if the parameters require them, otherwise no resources. */
export const network = ({ vpc, vpcEndpoints, moveMaximumConcurrency }: Parameters): Part => {
  if (vpc === undefined || vpcEndpoints === undefined) return { Resources: {} };
  const { vpcId, routeTableIds } = vpcEndpoints;
  const endpoint = (service: string, properties: Readonly<Record<string, unknown>>): Resource => ({
    Type: 'AWS::EC2::VPCEndpoint',
    Properties: { VpcId: vpcId, ServiceName: sub(`com.amazonaws.\${AWS::Region}.${service}`), ...properties },
  });
  const throughInterface = {
    VpcEndpointType: 'Interface',
    PrivateDnsEnabled: true,
    SubnetIds: vpc.SubnetIds,
    SecurityGroupIds: vpc.SecurityGroupIds,
  };
  return {
    Resources: {
      SqsEndpoint: endpoint('sqs', throughInterface),
      SecretsManagerEndpoint: endpoint('secretsmanager', throughInterface),
      ...(moveMaximumConcurrency ? { LambdaEndpoint: endpoint('lambda', throughInterface) } : {}),
      // A gateway is free of charge. The route tables refer to it.
      DynamoDbEndpoint: endpoint('dynamodb', { VpcEndpointType: 'Gateway', RouteTableIds: routeTableIds }),
    },
  };
};
