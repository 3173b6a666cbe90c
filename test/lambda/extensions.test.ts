/** Functions and settings of a program, through the whole handler. Covers `src/config/handler-options.ts`. */

import type { SQSRecord } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { toRecord } from '../../local/event-source/sqs-event.ts';
import { type StandIn, startStandIn } from '../../local/opengemini/server.ts';
import type { FunctionReport, HandlerOptions, QuarantinedEvent } from '../../src/config/handler-options.ts';
import { setting } from '../../src/config/setting.ts';
import { createFlushHandler, createIngestHandler } from '../../src/lambda/handlers.ts';
import { lineConverter } from '../../src/sink/mapping/line-converter.ts';
import { useAwsEnvironment } from '../adapters/aws-access.ts';
import { useQueues } from '../local/source.ts';
import { context } from './context.ts';
import { catchOutput, type Output } from './invoking.ts';

const { endpoint, createQueues, sendBodies, receive } = useQueues();
useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_SQS: endpoint() }));

let standIn: StandIn;
let output: Output;
let databases = 0;

beforeAll(async () => {
  standIn = await startStandIn();
});
afterAll(() => standIn.close());
beforeEach(() => {
  output = catchOutput();
});

interface World {
  /** Sends bodies, and invokes the handler with them. Returns the number of returned messages. */
  readonly ingest: (...bodies: readonly unknown[]) => Promise<number>;
  readonly points: () => readonly { readonly fields: Readonly<Record<string, unknown>> }[];
  readonly reasons: () => Promise<(string | undefined)[]>;
}

const setUp = async (options: HandlerOptions, more: Record<string, string> = {}): Promise<World> => {
  const queues = await createQueues({ visibilityTimeoutSeconds: 600 });
  const database = `extended_${databases++}`;
  await fetch(`${standIn.url}/query?q=CREATE%20DATABASE%20${database}`, { method: 'POST' });
  const variables = {
    OPENGEMINI_URL: standIn.url,
    OPENGEMINI_DATABASE: database,
    DEAD_LETTER_QUEUE_URL: queues.deadLetterQueueUrl,
    AWS_ENDPOINT_URL_SQS: endpoint(),
    ...more,
  };
  const handler = createIngestHandler({ ...options, variables });
  return {
    async ingest(...bodies) {
      await sendBodies(
        queues.queueUrl,
        bodies.map((body) => (typeof body === 'string' ? body : JSON.stringify(body))),
      );
      const records: SQSRecord[] = (await receive(queues.queueUrl)).map((one) => toRecord(one, queues.queueArn));
      return (await handler({ Records: records }, context(30_000))).batchItemFailures.length;
    },
    points: () => standIn.points(database),
    reasons: async () =>
      (await receive(queues.deadLetterQueueUrl)).map((one) => one.MessageAttributes?.reason?.StringValue),
  };
};

interface Reading {
  readonly v: number;
}
const converter = lineConverter<Reading>('m').float('v', ({ v }) => v);

describe('conversion', () => {
  test('decode, transform, and a converter lead from a body that is not JSON to a point', async () => {
    const { ingest, points } = await setUp({
      decode: (body) => body.split(' ').map(Number),
      transform: (value: number) => ({ v: value * 2 }),
      converter,
    });
    expect(await ingest('1 2')).toBe(0);
    expect(points().map(({ fields }) => fields.v)).toEqual([2, 4]);
  });

  test('a function that throws costs only its event, which is quarantined as converter-error', async () => {
    const { ingest, points, reasons } = await setUp({
      converter,
      transform: (event: Reading) => {
        if (event.v === 2) throw new Error('two');
        return event;
      },
    });
    expect(await ingest([{ v: 1 }, { v: 2 }, { v: 3 }])).toBe(0);
    expect(points().map(({ fields }) => fields.v)).toEqual([1, 3]);
    expect(await reasons()).toEqual(['converter-error']);
  });

  test('an event that a converter drops is settled, and counted in the metric eventsDropped', async () => {
    const { ingest, points } = await setUp({ converter: { toPoints: () => [] } });
    expect(await ingest({ v: 1 })).toBe(0);
    expect(points()).toEqual([]);
    expect(output.metrics()[0]).toMatchObject({ eventsReceived: 1, eventsDropped: 1, ledgerImbalance: 0 });
  });
});

describe('metrics', () => {
  test('a program adds metrics, computed from the report of the invocation', async () => {
    const reports: FunctionReport[] = [];
    const { ingest } = await setUp({
      converter,
      metrics: (report, metrics) => {
        reports.push(report);
        if (report.function === 'ingest') metrics.add('readings', report.eventsWritten);
        metrics.add('age', 5, 'Seconds');
      },
    });
    await ingest({ v: 1 });
    expect(reports).toEqual([expect.objectContaining({ function: 'ingest', eventsReceived: 1, eventsWritten: 1 })]);
    const { readings, age, sink, _aws } = output.metrics()[0] as never as Record<string, unknown>;
    expect({ readings, age, sink }).toEqual({ readings: 1, age: 5, sink: 'opengemini-sink' });
    expect(JSON.stringify(_aws)).toContain('{"Name":"age","Unit":"Seconds"}');
  });

  test.each([
    ['the name of a metric of the sink', 'eventsWritten', 1, 'The sink uses the name \\"eventsWritten\\" itself.'],
    ['the dimension of the metrics', 'sink', 1, 'The sink uses the name \\"sink\\" itself.'],
    ['a member of the record of metrics', '_aws', 1, 'The sink uses the name \\"_aws\\" itself.'],
    ['a value that is not finite', 'mine', Number.NaN, 'The value of the metric \\"mine\\" must be finite, got NaN.'],
  ])('%s is logged, and changes neither the metrics of the sink nor the response', async (_, name, value, text) => {
    const { ingest, points } = await setUp({ converter, metrics: (_report, metrics) => metrics.add(name, value) });
    expect(await ingest({ v: 1 })).toBe(0);
    expect(points()).toHaveLength(1);
    expect(output.metrics()[0]).toMatchObject({ eventsWritten: 1 });
    expect(output.text()).toContain(text);
    expect(output.logs()).toContainEqual(
      expect.objectContaining({
        level: 'WARN',
        message: 'A function of the handler failed. No event depends on it.',
        function: 'metrics',
      }),
    );
  });
});

describe('functions that are asynchronous by mistake', () => {
  const late = async (): Promise<never> => {
    await Promise.resolve();
    throw new Error('too late');
  };
  test('metrics are logged as failed', async () => {
    const { ingest, points } = await setUp({ converter, metrics: late });
    expect(await ingest({ v: 1 })).toBe(0);
    expect(points()).toHaveLength(1);
    await expect.poll(() => output.text()).toContain('too late');
  });
  test('a flush rule is logged as failed, and the default rule applies', async () => {
    const { ingest, points } = await setUp({ converter, shouldFlush: late as never });
    expect(await ingest({ v: 1 })).toBe(0);
    expect(points()).toHaveLength(1);
    expect(output.text()).toContain('shouldFlush returned a promise, but it must be synchronous');
  });
});

describe('onRefused', () => {
  test('that throws what cannot be read is logged as failed', async () => {
    const onRefused = () => {
      throw Object.create(null);
    };
    const { ingest, reasons } = await setUp({ converter, onRefused });
    expect(await ingest({ v: 'x' })).toBe(0);
    expect(await reasons()).toEqual(['field-type']);
    expect(output.text()).toContain('an error whose text cannot be read');
  });
  test('a program gets each quarantined event after its dead letter is confirmed', async () => {
    const events: QuarantinedEvent[] = [];
    const { ingest, reasons } = await setUp({
      converter,
      onRefused: async (event) => {
        await Promise.resolve();
        events.push(event);
      },
    });
    await ingest([{ v: 1 }, { v: 'x' }]);
    expect(events).toEqual([expect.objectContaining({ reason: 'field-type', body: '{"v":"x"}', groupId: undefined })]);
    expect(JSON.parse(events[0]?.attributes.origin ?? '')).toMatchObject({ eventIndex: 1 });
    expect(await reasons()).toEqual(['field-type']);
  });

  test('an error of onRefused is logged, and the event stays quarantined', async () => {
    const { ingest, reasons } = await setUp({
      converter,
      onRefused: () => {
        throw new Error('no route');
      },
    });
    expect(await ingest({ v: 'x' })).toBe(0);
    expect(await reasons()).toEqual(['field-type']);
    expect(output.logs()).toContainEqual(
      expect.objectContaining({ function: 'onRefused', error: expect.stringContaining('no route') }),
    );
  });

  test('a call of onRefused that never ends is abandoned at the deadline, and its signal aborts', async () => {
    let signal: AbortSignal | undefined;
    const handler = createIngestHandler({
      converter,
      onRefused: (_event, given) => {
        signal = given;
        return new Promise(() => undefined);
      },
      variables: {
        OPENGEMINI_URL: standIn.url,
        OPENGEMINI_DATABASE: 'none',
        DEAD_LETTER_QUEUE_URL: (await createQueues({ visibilityTimeoutSeconds: 600 })).deadLetterQueueUrl,
        AWS_ENDPOINT_URL_SQS: endpoint(),
      },
    });
    const queues = await createQueues({ visibilityTimeoutSeconds: 600 });
    await sendBodies(queues.queueUrl, ['{"v":"x"}']);
    const records = (await receive(queues.queueUrl)).map((one) => toRecord(one, queues.queueArn));
    const { batchItemFailures } = await handler({ Records: records }, context(2_000));
    expect([batchItemFailures, signal?.aborted]).toEqual([[], true]);
  });
});

describe('shouldFlush', () => {
  test('a program hands over lines earlier, and an error of its rule is logged once', async () => {
    const { ingest, points } = await setUp({ converter, shouldFlush: ({ lines }) => lines >= 2 });
    await ingest(Array.from({ length: 6 }, (_, v) => ({ v })));
    expect(points()).toHaveLength(6);
    expect(output.metrics()[0]).toMatchObject({ currentBatchSize: 2, dynamicBatchSize: 500 });
    const broken = await setUp({
      converter,
      shouldFlush: () => {
        throw new Error('broken rule');
      },
    });
    await broken.ingest([{ v: 1 }, { v: 2 }]);
    expect(broken.points()).toHaveLength(2);
    expect(output.logs().filter((one) => one.function === 'shouldFlush')).toHaveLength(1);
  });
});

describe('settings', () => {
  const settings = {
    SITE: setting.required(setting.text('Site of all devices.')),
    FACTOR: setting.integer('Factor of all values.', 2, 1, 10),
  };

  test('extensions can depend on settings, which are read from the environment variables', async () => {
    const options: HandlerOptions<typeof settings> = {
      settings,
      extend: ({ SITE, FACTOR }) => ({
        converter: lineConverter<Reading>(SITE).float('v', ({ v }) => v * FACTOR),
      }),
    };
    const { ingest, points } = await setUp(options as HandlerOptions, { SITE: 'hall' });
    await ingest({ v: 4 });
    expect(points()).toEqual([expect.objectContaining({ measurement: 'hall', fields: { v: 8 } })]);
  });

  test('faults of settings and of the sink are in one list, and every message is kept', async () => {
    const handler = createIngestHandler({ settings, variables: { OPENGEMINI_URL: 'nope', FACTOR: '11' } });
    await expect(handler({ Records: [] }, context(1_000))).rejects.toMatchObject({
      faults: [
        'SITE must be set. Meaning: Site of all devices.',
        'FACTOR must be a whole number from 1 to 10, got "11".',
        expect.stringContaining('OPENGEMINI_URL must be one or more addresses'),
        expect.stringContaining('OPENGEMINI_DATABASE must be set.'),
      ],
    });
  });

  test('a setting cannot have a name that belongs to the sink', async () => {
    const wrong = {
      SINK_NAME: setting.text('Mine.'),
      SINK_SITE: setting.text('Mine.'),
      STATE_TABLE: setting.text('Mine.'),
    };
    const handler = createFlushHandler({
      settings: wrong,
      variables: { OPENGEMINI_URL: standIn.url, OPENGEMINI_DATABASE: 'd' },
    });
    await expect(handler({}, context(1_000))).rejects.toMatchObject({
      faults: ['SINK_NAME', 'SINK_SITE', 'STATE_TABLE'].map((name) =>
        expect.stringContaining(`The setting ${name} of the program needs another name.`),
      ),
    });
  });
});

describe('mistakes', () => {
  test.each([
    [{ convertor: converter }, 'A handler has no option "convertor". Did you mean converter?'],
    [
      { SINK_NAME: 'x' },
      'A handler has no option "SINK_NAME". Pass environment variables as { variables: { SINK_NAME: … } }.',
    ],
    [{ batch: 5 }, 'A handler has no option "batch". Known options: converter, variables, settings,'],
    [{ decode: 'json' }, 'The option decode must be a function, got string.'],
    [{ settings: { A: 5 } }, 'The setting A must be declared with "setting"'],
  ])('the options with a mistake throw when the handler is created: %#', (options, text) => {
    expect(() => createIngestHandler(options as never)).toThrow(text);
  });

  test.each([
    [{ SINK_MEASUREMENT: 'm' }, 'The handler has a converter, so no mapping may be configured.'],
    [{ SINK_INPUT: 'canonical' }, 'SINK_INPUT=canonical cannot be combined with the converter of the handler.'],
    [
      { SINK_INPUT: 'ndjson' },
      'SINK_INPUT must be one of auto, sns, gzip if the handler has a decode function, got "ndjson".',
    ],
  ])('the variables %j are a configuration fault together with a converter and a decoder', async (more, text) => {
    const variables = { OPENGEMINI_URL: standIn.url, OPENGEMINI_DATABASE: 'd', ...more };
    const handler = createIngestHandler({ converter, decode: () => ({}), variables });
    await expect(handler({ Records: [] }, context(1_000))).rejects.toThrow(text);
  });

  test.each([
    [() => 5, 'extend must return an object with extensions'],
    [async () => ({}), 'extend must return an object with extensions, and must be synchronous.'],
    [() => ({ convert: converter }), 'A handler has no option "convert". Did you mean converter?'],
  ])('a wrong result of extend fails every invocation: %#', async (extend, text) => {
    const variables = { OPENGEMINI_URL: standIn.url, OPENGEMINI_DATABASE: 'd' };
    const handler = createIngestHandler({ extend: extend as never, variables });
    await expect(handler({ Records: [] }, context(1_000))).rejects.toThrow(text);
  });

  test('a converter that is none fails every invocation', async () => {
    const variables = { OPENGEMINI_URL: standIn.url, OPENGEMINI_DATABASE: 'd' };
    const handler = createIngestHandler({ converter: {} as never, variables });
    await expect(handler({ Records: [] }, context(1_000))).rejects.toThrow('converter must be a lineConverter');
  });
});
