/** Makes `configuration.md` of the table that the program itself reads: `npx node docs/configuration.ts`. */

import { writeFileSync } from 'node:fs';
import { VARIABLES } from '../src/config/variables.ts';
import { settingsTable } from './settings-table.ts';

const INTRO = `# Configuration

The sink is set up by environment variables. They are read once, when a function starts. If anything is wrong with them the
function fails with one message that names every fault, and no message leaves the queue: it waits until the configuration is mended.

- An empty variable is the same as one that is not set.
- A wrong value is never replaced by the default, and a name that begins with \`SINK_\` or \`OPENGEMINI_\` and is not listed here is a fault too.
- Numbers are whole and without a unit: bytes as \`1048576\`, times in milliseconds.
- Paths of files are taken from the root of the package.

\`npm run --silent sink -- check\` reads the variables of your shell in the same way, and tells all faults.
`;

const RULES = `## What goes together

- User and password come from \`OPENGEMINI_USERNAME\` and \`OPENGEMINI_PASSWORD\`, always both, or from \`OPENGEMINI_SECRET_ARN\`, not from both sources.
- \`SINK_MAPPING\` says all that the variables of the simple case say (\`SINK_MEASUREMENT\`, \`SINK_TIMESTAMP_FIELD\`, \`SINK_SOURCE_PRECISION\`,
  \`SINK_TAG_FIELDS\`, \`SINK_FIELD_FIELDS\`, \`SINK_IGNORE_NULL_VALUES\`): set one or the other. The simple case needs \`SINK_MEASUREMENT\`.
- Without either of them events are canonical. \`SINK_INPUT=canonical\` goes with neither.
- \`SINK_BATCH_LINES_MIN\`, \`_INITIAL\` and \`_MAX\` rise in this order, and \`SINK_LATENCY_LOW_MS\` is less than \`SINK_LATENCY_HIGH_MS\`.
- \`SINK_MESSAGE_BYTES_MAX\` is not more than \`SINK_INVOCATION_BYTES_MAX\`.
- \`SINK_FLUSH_INTERVAL_MS\` and \`SINK_CHECKPOINT_BYTES_MAX\` say nothing on FIFO queues, and nothing without \`STATE_TABLE\`: no line waits in a table then.
`;

export const configurationPage = (): string =>
  [
    '<!-- Made by docs/configuration.ts. Change src/config/variables.ts or that file, then run: npx node docs/configuration.ts -->\n',
    INTRO,
    '## All variables\n',
    settingsTable('Variable', VARIABLES),
    '',
    RULES,
  ].join('\n');

if (import.meta.main) writeFileSync(new URL('./configuration.md', import.meta.url), configurationPage());
