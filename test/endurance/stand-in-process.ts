/** The stand-in as a process of its own: `stand-in-process.ts PORT FILE`. The file keeps its points when it is killed. */

import { startStandIn } from '../../local/opengemini/server.ts';

const [port = '', file] = process.argv.slice(2);
await startStandIn({ port: Number(port), file });
