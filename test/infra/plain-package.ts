/** Calls `package --plain` in a folder with built functions. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SERVER, SHAPES, type Shape } from './package-service.ts';

const MAIN = fileURLToPath(new URL('../../cli/opengemini-sink.js', import.meta.url));

/** Result of one call. */
export interface Call {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Calls the command `package`. */
export const callPackage = (cwd: string, args: readonly string[], zone = 'UTC'): Call => {
  const options = { cwd, env: { ...process.env, TZ: zone }, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'package', ...args], options);
  return { code: status, out: stdout, err: stderr };
};

/** Parameters that serverless.yml sets for the stage dev. */
const OF_DEV = ['--param', 'deletionProtection=false', '--param', 'pointInTimeRecovery=false'];

/** Packages a shape with the name of this project's service. Later options override earlier ones. */
export const packageShape = (cwd: string, shape: Shape, out: string, ...options: readonly string[]): Call => {
  const given: readonly string[] = SHAPES[shape];
  const stage = given.includes('--stage') ? [] : OF_DEV;
  const place = ['--plain', '--service', 'opengemini-sink', '--out', out];
  return callPackage(cwd, [...place, ...SERVER, ...stage, ...given, ...options]);
};
