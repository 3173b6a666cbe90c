/** Declaration of `package`. */

import { Option } from 'commander';
import type { Declare } from '../declaration.ts';
import { addExamples } from '../help-format.ts';
import { textOption } from '../options.ts';
import type { PackageOptions } from '../package.ts';
import { PROGRAM } from '../program-name.ts';
import { UsageError } from '../usage-error.ts';

/** Declares the command. */
export const declare: Declare = (command) => {
  command
    .description(
      'Write template.json, ingest.zip, and flush.zip, from the functions that build wrote. Deploy them with ' +
        'CloudFormation, or with a tool that embeds a template of CloudFormation. The parameters in serverless.yml do ' +
        'not apply.',
    )
    .option('--plain', 'for CloudFormation alone, without the Serverless Framework (required)')
    .addOption(
      new Option('--param <name=value>', 'a parameter of docs/deploy.md, any number of times').argParser(collected),
    )
    .addOption(
      textOption('--service <name>', 'name of the service').default(undefined, 'the name of the current directory'),
    )
    .addOption(textOption('--stage <name>', 'name of the stage').default(undefined, 'dev'))
    .addOption(textOption('--region <name>', 'region of the stack, to check ARNs').default(undefined, 'eu-central-1'))
    .addOption(textOption('--out <folder>', 'folder to write to').default(undefined, 'package'))
    .action(async (options: PackageOptions) => {
      const { packagePlain } = await import('../package.ts');
      packagePlain(options);
    });
  addExamples(command, `${PROGRAM} package --plain --param opengeminiUrl=https://opengemini.example:8086`);
};

const pairOf = (pair: string): readonly [name: string, value: string] => {
  const at = pair.indexOf('=');
  if (at < 1) throw new UsageError(`--param must be NAME=VALUE, got "${pair}".`);
  return [pair.slice(0, at), pair.slice(at + 1)];
};

/** Adds a parameter to those that the options before have set. */
const collected = (pair: string, earlier: PackageOptions['param']): PackageOptions['param'] => ({
  ...earlier,
  ...Object.fromEntries([pairOf(pair)]),
});
