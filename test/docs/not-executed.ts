/**
 * Commands of the documentation that the tests do not execute, with the reason. A command of a page is in this list or
 * is executed. Each entry matches the commands that begin with it, and must match at least one.
 */

/** A command by its beginning, and the reason why it is not executed. */
export interface NotExecuted {
  readonly begin: string;
  readonly reason: string;
}

/** All commands that are not executed. */
export const NOT_EXECUTED: readonly NotExecuted[] = [
  { begin: 'npm ci', reason: 'installs the dependencies' },
  { begin: 'npm pack', reason: 'builds the package; test/package packs and installs it' },
  {
    begin: 'npx opengemini-sink init ../my-telemetry',
    reason: 'writes beside a clone; test/package/project.test.ts calls it',
  },
  { begin: 'npm install ', reason: 'installs packages; test/package installs this one' },
  {
    begin: 'npx opengemini-sqs-sink init ',
    reason: 'needs the published package; test/package/project.test.ts calls the installed one',
  },
  { begin: 'cd my-telemetry', reason: 'needs the folder that the line before writes' },
  { begin: 'cd ../my-telemetry', reason: 'needs the folder that the line before writes' },
  { begin: 'npm update ', reason: 'installs packages' },
  { begin: 'head -n 1 events.ndjson | npx opengemini-sink send ', reason: 'needs a queue' },
  { begin: 'npx opengemini-sink build ', reason: 'writes into dist/; test/package/project.test.ts runs it' },
  { begin: 'npx opengemini-sink package ', reason: 'needs built functions; test/package/project.test.ts runs it' },
  { begin: 'npx opengemini-sink convert --mapping MAPPING_FILE ', reason: 'needs files of the user' },
  { begin: 'npx opengemini-sink dev', reason: 'runs until Ctrl-C; test/package/command.test.ts runs it' },
  {
    begin: 'npx esbuild ',
    reason: 'needs a file of the user; test/package/installed.test.ts bundles with these options',
  },
  { begin: 'npm test', reason: 'runs the tests, this one among them' },
  { begin: 'npm run check', reason: 'runs the tests, this one among them' },
  { begin: 'npx vitest ', reason: 'runs tests' },
  { begin: 'npm run demo', reason: 'starts the whole system; test/cli/demo.test.ts runs it' },
  { begin: 'npm run bench ', reason: 'measures for minutes; test/bench/run.test.ts runs it' },
  { begin: 'TEST_SEED=7 ', reason: 'runs the tests themselves' },
  { begin: 'npm run fuzz ', reason: 'searches for minutes; test/fuzz/planted.test.ts runs it' },
  { begin: 'npm run test:', reason: 'runs tests; some need an emulator of AWS and minutes' },
  { begin: 'OPENGEMINI_URL=http://127.0.0.1:8086 npm run test:live', reason: 'needs a real openGemini' },
  { begin: 'npm run deploy ', reason: 'needs AWS' },
  { begin: 'npm run remove ', reason: 'needs AWS' },
  { begin: 'npx osls ', reason: 'needs AWS' },
  { begin: 'aws ', reason: 'needs AWS' },
  { begin: 'curl ', reason: 'needs a real openGemini' },
  {
    begin: 'echo \'{"measurement":"cpu","tags":{"host":"a"},"fields":{"used":0.5}}\' | npx opengemini-sink send ',
    reason: 'needs a queue',
  },
  { begin: 'AWS_REGION=REGION npx opengemini-sink status ', reason: 'needs a state table' },
  { begin: 'npx opengemini-sink flush ', reason: 'needs a state table and a function' },
  { begin: 'npx opengemini-sink status ', reason: 'needs a state table' },
  { begin: 'npx opengemini-sink check --live ', reason: 'needs a server and AWS' },
  { begin: 'npx opengemini-sink pause ', reason: 'needs a state table' },
  { begin: 'npx opengemini-sink resume ', reason: 'needs a state table' },
  { begin: 'npm run --silent simulate -- --seeds ', reason: 'runs hundreds of seeds' },
  { begin: 'npm run --silent simulate -- --seed ', reason: 'prints a trace of thousands of lines' },
  { begin: 'npm run --silent simulate -- control ', reason: 'measures the model of control for a minute or more' },
];

/** Pages whose `json` blocks are neither mappings nor events, with the reason. */
export const OTHER_JSON: Readonly<Record<string, string>> = {
  'docs/operating/limits-and-costs.md': 'prices; costs.test.ts compares them with the command',
  'docs/refusals.md': 'a dead letter; tables.test.ts converts its body again and compares reason and detail',
};
