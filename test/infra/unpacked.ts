/** A packaged function: its unpacked zip, and its settings from the template. */

import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import type { FunctionName } from '../../infra/names.ts';
import { functionResource } from '../../infra/names.ts';
import type { ChildOptions } from '../../local/function/function-child.ts';
import { readTemplate, resourceOf, zipOf } from './template.ts';

/** Unpacks the zip into a new temporary folder and returns its path. */
export const unpack = (packaged: string, name: FunctionName): string => {
  const folder = mkdtempSync(join(tmpdir(), `opengemini-sink-${name}-`));
  for (const [file, bytes] of Object.entries(unzipSync(readFileSync(zipOf(packaged, name))))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), bytes);
  }
  return folder;
};

/**
 * Returns handler string, memory, timeout and environment variables of a function.
 *
 * @param references - Values for the references to resources: the names and addresses in the local system.
 */
export const settingsOf = (
  packaged: string,
  name: FunctionName,
  references: Readonly<Record<string, string>>,
): Pick<ChildOptions, 'handler' | 'functionName' | 'memoryMb' | 'timeoutMs' | 'env'> => {
  const { Handler, Timeout, MemorySize, FunctionName, Environment } = resourceOf(
    readTemplate(packaged),
    'AWS::Lambda::Function',
    functionResource(name),
  ).Properties;
  const declared: Record<string, string | { Ref: string }> = Environment.Variables;
  const env = Object.entries(declared).map(([variable, value]): [string, string] => [
    variable,
    typeof value === 'string' ? value : (references[value.Ref] as string),
  ]);
  return {
    handler: Handler,
    functionName: FunctionName,
    memoryMb: MemorySize,
    timeoutMs: Timeout * 1_000,
    env: Object.fromEntries(env),
  };
};
