/** Warnings about parameters that are valid. The deployment continues. */

import { exposureWarnings } from '../src/adapters/private-address.ts';
import type { Parameters } from './deployment.ts';

/** Returns sentences for the user. */
export const parameterWarnings = ({ variables, secretArn }: Parameters): readonly string[] => [
  ...exposureWarnings({
    urls: (variables.OPENGEMINI_URL ?? '').split(','),
    credentials: variables.OPENGEMINI_USERNAME ? {} : undefined,
    secretArn,
  }),
  ...(variables.OPENGEMINI_PASSWORD
    ? ['The template contains OPENGEMINI_PASSWORD in plain text. Use secretArn instead.']
    : []),
];

const printed = new Set<string>();

/** Prints each warning once in this process, because the Framework reads the parameters for every part of the service. */
export const printWarnings = (parameters: Parameters): void => {
  for (const warning of parameterWarnings(parameters)) {
    if (!printed.has(warning)) process.stderr.write(`Warning: ${warning}\n`);
    printed.add(warning);
  }
};
