/** Every variable that users meet: name, default, range and meaning in one place. `docs/configuration.md` is made of it. */

import { CONVERTERS } from '../sink/convert/converter.ts';
import { INPUTS } from '../sink/decode/decode.ts';
import { PRECISIONS } from '../sink/mapping/mapping.ts';
import { choice, databaseName, flag, integer, list, text, urls } from './setting.ts';

const MIB = 1024 * 1024;

export const VARIABLES = {
  OPENGEMINI_URL: urls('One or several nodes, by comma; they are tried in turn. Required.'),
  OPENGEMINI_DATABASE: databaseName('Database of all lines whose mapping names no other. Required.'),
  OPENGEMINI_RETENTION_POLICY: databaseName(
    "Retention policy, unless the mapping names one; without it the database's default.",
  ),
  OPENGEMINI_USERNAME: text('User, together with `OPENGEMINI_PASSWORD`.'),
  OPENGEMINI_PASSWORD: text('Password, together with `OPENGEMINI_USERNAME`.'),
  OPENGEMINI_SECRET_ARN: text('Secret in Secrets Manager, JSON `{"username", "password"}`, instead of the two.'),
  OPENGEMINI_CA_FILE: text('PEM file of a private certificate authority, inside the package.'),
  OPENGEMINI_TIMEOUT_MS: integer('Time limit of one request.', 15_000, 100, 600_000),
  OPENGEMINI_CREATE_DATABASE: flag('Whether a missing database is made, once.', false),
  SINK_NAME: text('Key of everything in the state table, and dimension of all metrics.', 'opengemini-sink'),
  SINK_MAPPING: text('Path of a mapping file inside the package, or inline JSON when it begins with `{`.'),
  SINK_INPUT: choice('What message bodies are; `auto` finds out.', INPUTS, {
    line: 'line-protocol',
    lineProtocol: 'line-protocol',
  }),
  SINK_CONVERTER: choice(
    '`line` writes bytes directly, `point` goes over objects, for debugging. Same bytes.',
    CONVERTERS,
  ),
  SINK_MEASUREMENT: text('Simple case without a mapping file: the measurement.'),
  SINK_TIMESTAMP_FIELD: text("Simple case: path of the time; without it the message's time."),
  SINK_SOURCE_PRECISION: choice('Simple case: precision of the time.', [
    'ms',
    ...PRECISIONS.filter((one) => one !== 'ms'),
  ]),
  SINK_TAG_FIELDS: list('Simple case: paths that become tags.'),
  SINK_FIELD_FIELDS: list(
    'Simple case: paths that become fields, `name` or `name:type`; without it all other members.',
  ),
  SINK_IGNORE_NULL_VALUES: flag('Simple case: nulls are left out, else refused.', true),
  SINK_BATCH_LINES_INITIAL: integer(
    'Lines of a batch until the controller has decided, and always with `SINK_CONTROL=off`.',
    500,
    1,
    20_000,
  ),
  SINK_BATCH_LINES_MIN: integer('Lines of a batch, as the controller may decide, at least.', 50, 1, 20_000),
  SINK_BATCH_LINES_MAX: integer('Lines of a batch, as the controller may decide, at most.', 2_000, 1, 20_000),
  SINK_BATCH_BYTES_MAX: integer('Bytes of a batch, at most, before compression.', MIB, 65_536, 20 * MIB),
  SINK_FLUSH_INTERVAL_MS: integer(
    'Buffering across invocations: what is less than half a batch waits so long in the state table, for others; 0 is off.',
    0,
    0,
    3_600_000,
  ),
  SINK_CONTROL: choice(
    'Whether batch size and requests at once follow the server, decided for all environments together; `off`: they stay at `SINK_BATCH_LINES_INITIAL` and `SINK_IN_FLIGHT_MAX`.',
    ['on', 'off'],
  ),
  SINK_BATCH_GROWTH: choice(
    'How the batch size grows: `additive` by a tenth, 50 lines at least; `multiplicative` by a fifth.',
    ['additive', 'multiplicative'],
  ),
  SINK_LATENCY_LOW_MS: integer(
    'Mean latency of a request below which batches grow, if at least half of them were full.',
    100,
    1,
    600_000,
  ),
  SINK_LATENCY_HIGH_MS: integer('Mean latency of a request above which batches shrink, to 0.7.', 500, 1, 600_000),
  SINK_EVALUATION_INTERVAL_MS: integer(
    'How often the batch size is evaluated, at most; not more often than an epoch of 2 s, nor by less than ten requests.',
    2_000,
    100,
    600_000,
  ),
  SINK_IN_FLIGHT_MAX: integer(
    'Requests of one invocation under way at once, at most; how many there are is for the controller to decide.',
    4,
    1,
    64,
  ),
  SINK_EVENT_SOURCE_MAPPING: text(
    'Id of the event source mapping whose `MaximumConcurrency` the flush function moves. Set by the template for that function alone, with the parameter `moveMaximumConcurrency`; without effect with `SINK_CONTROL=off`.',
  ),
  SINK_RETRY_ATTEMPTS_MAX: integer('Attempts of one request within an invocation, in all.', 3, 1, 20),
  SINK_RETRY_BASE_MS: integer('Longest wait before the second attempt; it doubles with each.', 100, 1, 60_000),
  SINK_RETRY_CAP_MS: integer('Longest wait before any attempt.', 2_000, 1, 60_000),
  SINK_CHECKPOINT_BYTES_MAX: integer(
    'Bytes that may wait in the state table, packed; beyond it messages are returned. 0: nothing waits there.',
    1024 * MIB,
    0,
    1024 * 1024 * MIB,
  ),
  SINK_MESSAGE_BYTES_MAX: integer('Bytes of one message after decompression.', 16 * MIB, 1024, 256 * MIB),
  SINK_INVOCATION_BYTES_MAX: integer(
    'Bytes of all messages that one invocation begins, after decompression.',
    64 * MIB,
    1024,
    1024 * MIB,
  ),
  STATE_TABLE: text(
    'Set by the template. Without it: no checkpoint, no shared breakers, no shared control (each environment has one request at once at most), no marks of messages that end the function.',
  ),
  DEAD_LETTER_QUEUE_URL: text('Set by the template. Without it, messages with refused events are returned.'),
} as const;

export type VariableName = keyof typeof VARIABLES;
