/** Writes `docs/performance.md` from the results of a full run. The texts of the page are here. */

import { cpus } from 'node:os';
import { OURS, PARSE } from './conversion/entries.ts';
import { type DataName, dataSet } from './data.ts';
import { FLINK_CONNECTOR_POINTS_PER_S } from './handler/ratios.ts';
import { shown, titleOf } from './report.ts';
import { allRatios, type HandlerResults, type Ratios, type Results } from './results.ts';
import { quartilesOf } from './turns/statistics.ts';
import type { Times } from './turns/take-turns.ts';

/** The generated page. */
export const PAGE = new URL('../docs/performance.md', import.meta.url);

/** Ideas that were tried and are not in the code, as sentences: the idea, then the measurement that decided. */
export const NOT_KEPT: readonly string[] = [
  'Code that is generated for each mapping (`new Function`), in a prototype without checks: 1.54 instead of 1.57 times the time of `JSON.parse` for typical events, and 1.26 instead of 1.43 for nested ones. It is forbidden in some environments, and cannot be read.',
  'Reading members in their order (`for`-`in`) instead of by name: 0.12 instead of 0.20 times the time of `JSON.parse` for reading alone, 1.55 instead of 1.57 for the whole prototype.',
  'One regular expression that finds exponents and zero fractions in a text of 209 characters: 274 ns. Two searches take 143 and 44 ns.',
  'Reading a text with `charCodeAt`: 455 ns for 209 characters. Writing it to bytes and reading those takes 251 ns.',
  'Searching for the name of the time to look at its digits: 163 ns. Reading every 16th character of the text takes 83 ns.',
  'Copying values eight bytes at a time: 1.04, 0.97, and 0.96 of the time of four bytes at a time for three kinds of data, which is no difference.',
];

const DATA_OF_PEERS = 'typical';

type Row = readonly string[];

const table = (head: Row, rows: readonly Row[]): string => {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
};

/** Returns the name of a contestant. The page names the sink. A terminal has space for "ours" only. */
const nameOf = (name: string): string => titleOf(name).replace(/^ours\b/, 'the sink');

const peersTable = (times: Times, ratios: Ratios): string =>
  table(
    ['implementation', 'ns per event', 'time / sink', 'without parsing, time / sink'],
    Object.entries(times).map(([name, rounds]) => [
      nameOf(name),
      shown(quartilesOf(rounds), 0),
      name === OURS ? '1' : name === PARSE ? '' : shown(ratios[`totalVs${name}`]),
      name === OURS ? '1' : name === PARSE ? '' : shown(ratios[`encodeVs${name}`]),
    ]),
  );

const dataTable = (results: Results): string => {
  const ratios = allRatios(results);
  return table(
    ['data', 'sink / `JSON.parse` alone', '`influxdb-client` / sink', 'the same without parsing', 'ns per event'],
    Object.entries(results.conversion).map(([name, times]) => {
      const own = ratios[name] ?? {};
      const title = dataSet(name as DataName).title;
      const ns = quartilesOf(times[OURS] ?? []).median.toFixed(0);
      return [
        title,
        shown(own.totalOverParse),
        shown(own.totalVsInfluxdbClient),
        shown(own.encodeVsInfluxdbClient),
        ns,
      ];
    }),
  );
};

const handlerTable = ({ sizes }: HandlerResults): string =>
  table(
    [
      'messages x events',
      'µs per message, raw',
      'µs, compressed',
      'Powertools / sink, raw',
      'one POST per record / sink, raw',
      'sink / floor, compressed',
      'points per CPU second, raw',
    ],
    Object.entries(sizes).map(([size, figures]) => [
      size.replace('x', ' x '),
      shown(figures.microsecondsPerMessage, 1),
      shown(figures.microsecondsPerMessageGzip, 1),
      shown(figures.cpuVsPowertools),
      shown(figures.cpuVsPowertoolsPerRecord),
      shown(figures.cpuOverFloor),
      shown(figures.pointsPerCpuSecond, 0),
    ]),
  );

const stagesTable = ({ stages }: HandlerResults): string =>
  table(
    ['messages x events', 'parse and convert', 'compress', 'write', 'rest'],
    Object.entries(stages).map(([size, parts]) => [
      size.replace('x', ' x '),
      ...['convert', 'compress', 'write', 'rest'].map((part) => `${parts[part]?.median.toFixed(0) ?? '-'} %`),
    ]),
  );

const notKept = (): string =>
  NOT_KEPT.length === 0 ? 'Nothing is recorded yet.' : NOT_KEPT.map((idea) => `- ${idea}`).join('\n');

const leftOut = ({ leftOut: reasons }: Results): string =>
  reasons.length === 0
    ? ''
    : `\nLeft out of this run:\n\n${reasons.map(({ name, reason }) => `- ${nameOf(name)}: ${reason}`).join('\n')}\n`;

const machine = ({ node, pinned, rounds, handler }: Results): string =>
  `Measured with Node ${node} on ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${rounds} rounds (the function: ${handler?.rounds}), ${
    pinned ? 'all contestants on the same core' : 'processes not pinned to a core'
  }.`;

/** Returns the page. @throws If the results are not those of a full run. */
export const pageOf = (results: Results): string => {
  const { conversion, handler } = results;
  const peers = conversion[DATA_OF_PEERS];
  if (peers === undefined || handler === undefined) throw new Error('The page needs the results of a full run.');
  const ratios = allRatios(results)[DATA_OF_PEERS] ?? {};
  return `# Performance: the cost of an event

<!-- Generated by "npm run bench -- --page". Edit bench/performance-page.ts instead. -->

This page is for developers and operators who ask what an event costs. It compares the conversion and the whole function
with alternatives. [Control](control.md) shows what the controller gains, and
[limits and costs](operating/limits-and-costs.md) contains the prices of AWS.

## What was measured

${machine(results)}

- A figure is CPU time of the process: user and system time of all its threads. Lambda bills the duration, of which CPU
  time is a part. The rest is waiting for openGemini ([what a month costs](operating/limits-and-costs.md#what-a-month-costs)).
- Each contestant runs in a process of its own. The contestants take turns in slices of 40 ms (the function: 150 ms),
  in rotating order, after a warm-up. A ratio is computed from slices of the same round. The tables show the median, and
  in parentheses the lower and upper quartile.
- The bodies are texts from a parsed JSON text, as in Lambda. Each data set has 20,000 distinct events,
  and the messages of the function contain 5,000 or more.
- Before the measurement, the benchmark compares the points of all contestants for the first 200 bodies, and those of the
  functions for one event. Only the template writes other points.
- Not measured here: TLS, the network, Lambda itself, and a real openGemini.

Use the ratios. The nanoseconds depend on the machine, and vary from run to run.

Repeat the measurement on your machine. It takes about ten minutes, and \`--quick\` takes less than a minute:

\`\`\`sh
npm run bench
npm run bench -- --quick
npm run bench -- --compare main
\`\`\`

## The conversion, compared with alternatives

A contestant parses the bodies of typical events (4 tags, 6 fields) and writes their lines into one buffer.

${peersTable(peers, ratios)}

- *Without parsing* subtracts the time of \`JSON.parse\` alone from both sides. It is empty where the sink is as fast as
  \`JSON.parse\` alone.
- *Template without escapes* is a template literal. Its lines are wrong where a value contains a space or a quote.
- *The sink without scanner* parses every body with \`JSON.parse\`. [Below](#which-mappings-are-scanned) is when it does so.
- *Smallest encoder, no checks* (\`bench/reference.ts\`) parses as well, and skips every check of the sink. Compared with the
  sink without scanner, it shows what the checks cost.
- The libraries only write lines. They do not find events, apply a mapping, or check names, lengths, and numbers.

## The conversion, by data

${dataTable(results)}

The libraries cannot express the data without figures: they need code that finds the events or the columns.

### Which mappings are scanned

A body that is one JSON object of at most 16,384 characters is scanned instead of parsed
([decision 0045](decisions/0045-bodies-of-plain-mappings-are-scanned.md)) if all of this applies:

- The mapping has one rule, without \`when\`, \`events\`, \`open\`, and a preset, and is no typed builder.
- The measurement is constant, and the rule names no database and no retention policy.
- Tags and fields are values at one path of member names: without \`text\`, \`value\`, \`decode\`, \`byType\`, \`byText\`,
  \`lookup\`, \`scale\`, \`exact\`, \`nullTexts\`, and defaults of fields. Names in paths are ASCII, and not a number.
- The time is a number of s, ms, us, or ns, or that of the message. Times as text (\`iso8601\`) and \`auto\` are parsed.
- A wildcard takes the scalar members of the event as fields (\`otherFields\`), without \`flatten\`, \`except\`, \`only\`, and
  \`prefix\`.
- \`SINK_INPUT\` is \`auto\` or \`json\`. Bodies in an envelope of SNS or EventBridge are parsed, and so are dead letters.

In the table above, these are typical events, full doubles, nested events, long strings, non-Latin text, and other fields.
The other rows show the ordinary path.

## The function

A function processes an SQS event, from the parsed event to the response, against a server on another core that only
reads the body.

${handlerTable(handler)}

- *Raw* is without compression (\`OPENGEMINI_GZIP=off\`), and *compressed* with it. Bodies to a remote server are compressed
  by default.
- *Powertools* is the batch processor of Powertools for AWS Lambda with points of \`@influxdata/influxdb-client\`, and one
  \`fetch\` per batch. It sends the body as it is. *One POST per record* sends a request for each message instead.
- *Floor* parses the bodies and compresses the same lines, which are ready. No function that sends compressed lines can
  take less.
- With few messages, the fixed work of an invocation takes the most time: about 30 metrics and a log line, which the
  function with Powertools does not have.
- The function has no state table. Its configuration contains only the server and the mapping.
- A connector for a stream processor is another reference: ${FLINK_CONNECTOR_POINTS_PER_S.toLocaleString('en-US')} points per second and core were measured for the Flink
  connector of openGemini, on another machine.
${leftOut(results)}
The stages of its time, as differences between parts of the same work:

${stagesTable(handler)}

The percentages are medians of the compressed function, so that their sum may differ from 100. *Rest* contains the metrics, the log, the middleware, and the accounting of every message.

## Tried and not kept

${notKept()}
`;
};
