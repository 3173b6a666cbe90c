/**
 * All environment variables of the sink: name, default, range and meaning. `docs/configuration.md` is generated from
 * them.
 */

import { CONVERTERS } from '../sink/convert/converter.ts';
import { LINE_PRECISIONS } from '../sink/convert/influx-point.ts';
import { INPUTS, MESSAGE_BYTES_MAX } from '../sink/decode/decode-options.ts';
import { PRECISIONS } from '../sink/mapping/mapping.ts';
import { choice, databaseName, flag, integer, list, pemFile, required, secretName, text, urls } from './setting.ts';

const MIB = 1024 * 1024;

/** Settings by name, in the order of the documentation. */
export const VARIABLES = {
  OPENGEMINI_URL: required(
    urls(
      'Addresses of one or more nodes of one cluster, separated by commas. Each request goes to a healthy node; if it fails or is late, also to another one.',
    ),
  ),
  OPENGEMINI_DATABASE: required(databaseName('Database of all lines whose mapping names no other.')),
  OPENGEMINI_RETENTION_POLICY: databaseName(
    "Retention policy of all lines whose mapping names no other. Without it, the database's default policy.",
  ),
  OPENGEMINI_USERNAME: text('User. Set it together with `OPENGEMINI_PASSWORD`.'),
  OPENGEMINI_PASSWORD: text('Password. Set it together with `OPENGEMINI_USERNAME`.'),
  OPENGEMINI_SECRET_ARN: secretName(
    'Secret in Secrets Manager with the JSON `{"username", "password"}`, instead of the two variables above.',
  ),
  OPENGEMINI_CA_FILE: pemFile('PEM file of a private certificate authority. The file must be in the package.'),
  OPENGEMINI_CERT_FILE: pemFile(
    'PEM file of the client certificate, for a server that requires one, followed by its intermediate certificates. The file must be in the package. Set it together with `OPENGEMINI_KEY_FILE`.',
  ),
  OPENGEMINI_KEY_FILE: pemFile(
    'PEM file of the private key of `OPENGEMINI_CERT_FILE`, without a passphrase. The file must be in the package.',
  ),
  OPENGEMINI_TIMEOUT_MS: integer('Time limit of one request.', 15_000, 100, 600_000),
  OPENGEMINI_GZIP: choice(
    'Whether request bodies from 1 KiB on are compressed. `auto` compresses them unless the address of the node is localhost, in 127.0.0.0/8, or ::1. A tunnel on localhost to a distant server needs `on`.',
    ['auto', 'on', 'off'],
    // In YAML, `on` and `off` without quotes are booleans.
    { true: 'on', false: 'off' },
  ),
  OPENGEMINI_CREATE_DATABASE: flag('Whether to create a missing database, once.', false),
  SINK_NAME: text(
    'Name of the sink: part of every key in the state table, and dimension of all metrics.',
    'opengemini-sink',
  ),
  SINK_MAPPING: text(
    'Path of a mapping file in the package, `preset:NAME`, or inline JSON if the value begins with `{`.',
  ),
  SINK_INPUT: choice('Format of message bodies. `auto` detects it.', INPUTS, {
    line: 'line-protocol',
    lineProtocol: 'line-protocol',
  }),
  SINK_CONVERTER: choice(
    '`line` writes bytes directly. `point` builds objects first, for debugging. Both produce the same bytes.',
    CONVERTERS,
  ),
  SINK_LINE_PRECISION: choice(
    'Precision of the times of line protocol. With `auto` the magnitude of a time decides.',
    LINE_PRECISIONS,
  ),
  SINK_MEASUREMENT: text('Simple mapping, without a mapping file: the measurement.'),
  SINK_TIMESTAMP_FIELD: text('Simple mapping: path of the time. Without it, the time of the message.'),
  SINK_SOURCE_PRECISION: choice('Simple mapping: precision of the time.', [
    'ms',
    ...PRECISIONS.filter((one) => one !== 'ms'),
  ]),
  SINK_TAG_FIELDS: list('Simple mapping: paths that become tags.'),
  SINK_FIELD_FIELDS: list(
    'Simple mapping: paths that become fields, as `name` or `name:type`. Without it, all other members become fields.',
  ),
  SINK_IGNORE_NULL_VALUES: flag('Simple mapping: whether nulls are ignored. Otherwise they are refused.', true),
  SINK_BATCH_LINES_INITIAL: integer(
    'Lines per batch until the first decision of the controller, and always with `SINK_CONTROL=off`.',
    500,
    1,
    20_000,
  ),
  SINK_BATCH_LINES_MIN: integer('Lines per batch, at least, that the controller may decide.', 50, 1, 20_000),
  SINK_BATCH_LINES_MAX: integer('Lines per batch, at most, that the controller may decide.', 2_000, 1, 20_000),
  SINK_BATCH_BYTES_MAX: integer('Bytes per batch, at most, before compression.', MIB, 65_536, 20 * MIB),
  SINK_FLUSH_INTERVAL_MS: integer(
    'Buffering across invocations: how long lines that fill less than half a batch stay in the state table, to be combined with others. 0 turns it off.',
    0,
    0,
    3_600_000,
  ),
  SINK_CONTROL: choice(
    'Whether the controller adapts batch size and requests in flight to the server, for all instances together. With `off` they stay at `SINK_BATCH_LINES_INITIAL` and `SINK_IN_FLIGHT_MAX`.',
    ['on', 'off'],
    { true: 'on', false: 'off' },
  ),
  SINK_BATCH_GROWTH: choice(
    'How the batch size grows: `additive` by a tenth, but at least 50 lines; `multiplicative` by a fifth.',
    ['additive', 'multiplicative'],
  ),
  SINK_LATENCY_LOW_MS: integer(
    'Mean latency of a request below which the batch size grows, if at least half of the batches were full.',
    100,
    1,
    600_000,
  ),
  SINK_LATENCY_HIGH_MS: integer(
    'Mean latency of a request above which the batch size shrinks to 0.7 of its value.',
    500,
    1,
    600_000,
  ),
  SINK_EVALUATION_INTERVAL_MS: integer(
    'Shortest interval between two evaluations of the batch size. Each also needs a complete epoch of 2 s and at least 10 requests.',
    2_000,
    100,
    600_000,
  ),
  SINK_IN_FLIGHT_MAX: integer(
    'Requests that one invocation may have in flight, at most. The controller decides the number, and decides on no more than 8.',
    4,
    1,
    64,
  ),
  SINK_SELF_METRICS: flag(
    'Whether the sink writes its own metrics into openGemini too: one point of `opengemini_sink` for each invocation, in the database of the sink.',
    false,
  ),
  SINK_EVENT_SOURCE_MAPPING: text(
    'Id of the event source mapping whose `MaximumConcurrency` the flush function moves. The template sets it for that function only, with the parameter `moveMaximumConcurrency`. It has no effect with `SINK_CONTROL=off`.',
  ),
  SINK_FLUSH_FUNCTION: text(
    'Name or ARN of the flush function. The ingest function invokes it when it has stored lines that could not be written, so that they are written within seconds after an outage. The template sets it for the ingest function only.',
  ),
  SINK_RETRY_ATTEMPTS_MAX: integer('Attempts of one request within an invocation, the first one included.', 3, 1, 20),
  SINK_RETRY_BASE_MS: integer(
    'Longest pause before the second attempt. It doubles with each further attempt.',
    100,
    1,
    60_000,
  ),
  SINK_RETRY_CAP_MS: integer('Longest pause before any attempt.', 2_000, 1, 60_000),
  SINK_CHECKPOINT_BYTES_MAX: integer(
    'Capacity of the backlog in the state table, in packed bytes. Beyond it, messages are returned. With 0, no lines are checkpointed.',
    1024 * MIB,
    0,
    1024 * 1024 * MIB,
  ),
  SINK_MESSAGE_BYTES_MAX: integer(
    'Bytes of one message, at most, after decompression.',
    MESSAGE_BYTES_MAX,
    1024,
    256 * MIB,
  ),
  SINK_INVOCATION_BYTES_MAX: integer(
    'Bytes of all messages that one invocation begins, at most, after decompression.',
    64 * MIB,
    1024,
    1024 * MIB,
  ),
  STATE_TABLE: text(
    'Name of the state table, set by the template. Without it there is no checkpoint, no shared breaker, no shared control (each instance has at most one request in flight), and no mark of messages that crash the function.',
  ),
  DEAD_LETTER_QUEUE_URL: text(
    'URL of the dead-letter queue, set by the template. Without it, messages with refused events are returned.',
  ),
} as const;

/** Name of an environment variable of the sink. */
export type VariableName = keyof typeof VARIABLES;
