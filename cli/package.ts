/** `package`: writes a CloudFormation template and zip files. `infra/plain-package.ts` does the work. */

import { basename } from 'node:path';
import { BuildError } from '../infra/build-error.ts';
import { ParameterError, type Parameters, readParameters } from '../infra/parameters.ts';
import { type PlainPackage, writePlainPackage } from '../infra/plain-package.ts';
import { serviceNameFault } from '../infra/service-name.ts';
import { type Options, parseOptions, UsageError } from './usage.ts';

const OPTIONS: Options = {
  plain: { type: 'boolean', meaning: 'for CloudFormation alone, without the Serverless Framework (required)' },
  param: { type: 'string', value: 'NAME=VALUE', meaning: 'a parameter of docs/deploy.md, any number of times' },
  service: {
    type: 'string',
    value: 'NAME',
    meaning: 'name of the service (default the name of the current directory)',
  },
  stage: { type: 'string', value: 'NAME', meaning: 'name of the stage (default dev)' },
  region: { type: 'string', value: 'REGION', meaning: 'region of the stack, to check ARNs (default eu-central-1)' },
  out: { type: 'string', value: 'FOLDER', meaning: 'folder to write to (default package)' },
};

const ABOUT = [
  'Write template.json, ingest.zip, and flush.zip, from the functions that build wrote. Deploy them with CloudFormation, or',
  'with a tool that embeds a template of CloudFormation. The parameters in serverless.yml do not apply.',
];

/** Runs the command. Returns the exit code 0. */
export const packagePlain = async (args: readonly string[]): Promise<number> => {
  const { pairs, rest } = splitPairs(args);
  const options = parseOptions('package', ABOUT, OPTIONS, rest);
  if (options === undefined) return 0;
  if (!options.flag('plain'))
    throw new UsageError('Set --plain. The Serverless Framework packages with "osls package", not with this command.');
  const service = options.text('service') ?? basename(process.cwd());
  const fault = serviceNameFault(service);
  if (fault !== undefined) throw new UsageError(`--service ${fault}`);
  const stage = options.text('stage') ?? 'dev';
  if (!/^[A-Za-z0-9-]+$/.test(stage))
    throw new UsageError(`--stage must contain only letters, digits, and hyphens, got "${stage}".`);
  const place = { service, stage, region: options.text('region') ?? 'eu-central-1' };
  const written = expecting(() => {
    const parameters = readParameters(Object.fromEntries(pairs), { ...place, writesTemplate: true, toAws: false });
    return write(parameters, options.text('out') ?? 'package');
  });
  process.stdout.write(report(written, `${service}-${stage}`));
  return 0;
};

const write = (parameters: Parameters, out: string): PlainPackage => writePlainPackage(process.cwd(), out, parameters);

/** Converts errors that the caller can fix. */
const expecting = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    const expected = error instanceof ParameterError || error instanceof BuildError;
    throw expected ? new UsageError(error.message) : error;
  }
};

/** Takes `--param NAME=VALUE` out of the arguments, because no other option may be repeated. */
const splitPairs = (args: readonly string[]): { pairs: readonly [string, string][]; rest: readonly string[] } => {
  const pairs: [string, string][] = [];
  const rest: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] as string;
    if (arg !== '--param' && !arg.startsWith('--param=')) {
      rest.push(arg);
      continue;
    }
    const pair = arg === '--param' ? (args[++index] ?? '') : arg.slice('--param='.length);
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`--param must be NAME=VALUE, got "${pair}".`);
    pairs.push([pair.slice(0, at), pair.slice(at + 1)]);
  }
  return { pairs, rest };
};

const report = ({ template, code: { ingest, flush } }: PlainPackage, stack: string): string => {
  const sizes = [template, ingest, flush].map(
    ({ path, bytes }) => `${path}${`${Math.round(bytes / 1024)} KiB`.padStart(10)}\n`,
  );
  return `${sizes.join('')}
Deploy with the AWS CLI:

  aws s3 cp ${ingest.path} s3://BUCKET/${ingest.key}
  aws s3 cp ${flush.path} s3://BUCKET/${flush.key}
  aws cloudformation deploy --stack-name ${stack} --template-file ${template.path} --capabilities CAPABILITY_IAM \\
    --parameter-overrides CodeBucket=BUCKET IngestKey=${ingest.key} FlushKey=${flush.key}
`;
};
