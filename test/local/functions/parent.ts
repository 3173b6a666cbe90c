/** The parent process of a function: starts it, prints its process id, and waits until it is killed. */

import { fileURLToPath } from 'node:url';
import { createFunctionPool } from '../../../local/function/function-process.ts';

const pool = createFunctionPool({
  taskRoot: fileURLToPath(new URL('.', import.meta.url)),
  handler: 'trials.countCalls',
  env: {},
  timeoutMs: 5_000,
  memoryMb: 128,
  functionName: 'orphan',
  concurrency: 1,
});
console.log(JSON.stringify(await pool.invoke({})));
