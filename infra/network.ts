/** Ways out of a VPC without internet, for the services that the functions call. */

import { type Part, type Resource, sub } from './cloudformation.ts';
import type { Parameters } from './parameters.ts';

export const network = ({ vpc, vpcEndpoints, moveMaximumConcurrency }: Parameters): Part => {
  if (vpc === undefined || vpcEndpoints === undefined) return { Resources: {} };
  const { vpcId, routeTableIds } = vpcEndpoints;
  const endpoint = (service: string, properties: Readonly<Record<string, unknown>>): Resource => ({
    Type: 'AWS::EC2::VPCEndpoint',
    Properties: { VpcId: vpcId, ServiceName: sub(`com.amazonaws.\${AWS::Region}.${service}`), ...properties },
  });
  const behindInterface = {
    VpcEndpointType: 'Interface',
    PrivateDnsEnabled: true,
    SubnetIds: vpc.SubnetIds,
    SecurityGroupIds: vpc.SecurityGroupIds,
  };
  return {
    Resources: {
      SqsEndpoint: endpoint('sqs', behindInterface),
      SecretsManagerEndpoint: endpoint('secretsmanager', behindInterface),
      ...(moveMaximumConcurrency ? { LambdaEndpoint: endpoint('lambda', behindInterface) } : {}),
      // A gateway costs nothing; it stands in the route tables.
      DynamoDbEndpoint: endpoint('dynamodb', { VpcEndpointType: 'Gateway', RouteTableIds: routeTableIds }),
    },
  };
};
