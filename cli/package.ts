/** `package`: writes a CloudFormation template and zip files. `infra/plain-package.ts` does the work. */

import { basename } from 'node:path';
import { BuildError } from '../infra/build-error.ts';
import type { Parameters } from '../infra/deployment.ts';
import { ParameterError, readParameters } from '../infra/parameters.ts';
import { type PlainPackage, writePlainPackage } from '../infra/plain-package.ts';
import { serviceNameFault } from '../infra/service-name.ts';
import { printWarnings } from '../infra/warnings.ts';
import { UsageError } from './usage-error.ts';

/** Options of one call. */
export interface PackageOptions {
  readonly plain?: boolean;
  /** Parameters of the deployment by name. */
  readonly param?: Readonly<Record<string, string>>;
  readonly service?: string;
  readonly stage?: string;
  readonly region?: string;
  readonly out?: string;
}

/** Runs the command. */
export const packagePlain = ({ plain = false, param = {}, ...options }: PackageOptions): void => {
  if (!plain)
    throw new UsageError('Set --plain. The Serverless Framework packages with "osls package", not with this command.');
  const { service = basename(process.cwd()), stage = 'dev', region = 'eu-central-1', out = 'package' } = options;
  const fault = serviceNameFault(service);
  if (fault !== undefined) throw new UsageError(`--service ${fault}`);
  if (!/^[A-Za-z0-9-]+$/.test(stage))
    throw new UsageError(`--stage must contain only letters, digits, and hyphens, got "${stage}".`);
  if (!/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(region))
    throw new UsageError(`--region must be a region like eu-central-1, got "${region}".`);
  // An emulator runs on this machine, and reaches its addresses.
  const place = { service, stage, region, writesTemplate: true, toAws: !process.env.AWS_ENDPOINT_URL };
  const written = expecting(() => write(readParameters(param, place), out));
  process.stdout.write(report(written, `${service}-${stage}`, param.mapping));
};

const write = (parameters: Parameters, out: string): PlainPackage => {
  const written = writePlainPackage(process.cwd(), out, parameters);
  printWarnings(parameters);
  return written;
};

/** Converts errors that the caller can fix. */
const expecting = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    const expected = error instanceof ParameterError || error instanceof BuildError;
    throw expected ? new UsageError(error.message) : error;
  }
};

const report = (
  { template, code: { ingest, flush } }: PlainPackage,
  stack: string,
  mapping: string | undefined,
): string => {
  const sizes = [template, ingest, flush].map(
    ({ path, bytes }) => `${path}${`${Math.round(bytes / 1024)} KiB`.padStart(10)}\n`,
  );
  const events =
    mapping === undefined ? 'none: events are canonical or line protocol (--param mapping=FILE sets one)' : mapping;
  return `${sizes.join('')}mapping  ${events}

Deploy with the AWS CLI:

  aws s3 cp ${ingest.path} s3://BUCKET/${ingest.key}
  aws s3 cp ${flush.path} s3://BUCKET/${flush.key}
  aws cloudformation deploy --stack-name ${stack} --template-file ${template.path} --capabilities CAPABILITY_IAM \\
    --parameter-overrides CodeBucket=BUCKET IngestKey=${ingest.key} FlushKey=${flush.key}
`;
};
