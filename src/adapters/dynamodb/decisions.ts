/**
 * What the controller keeps: the decision of all instances, and the sums of what they saw in each epoch.
 *
 *   control#<sink>         decision   the controller's state, as JSON, with its epoch and format beside it for conditions
 *   control#<sink>         limit      the event source's `MaximumConcurrency`, as the flush function found it
 *   report#<sink>#<epoch>  sums       of the epoch's reports; expires
 */

import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Decision } from '../../controller/decision.ts';
import type { SharedDecisions } from '../../controller/decision-store.ts';
import { type ControlReport, LATENCY_BUCKETS, REPORT_SUMS } from '../../controller/report.ts';
import { expiresIn, number, readCount, readNumber, readText, text } from './attributes.ts';
import { IS_ABSENT, type Item, keyItem, soon, type TableAccess, whether } from './table-access.ts';
import { EXPIRES_AT } from './table-schema.ts';

export const DECISION = 'decision';
const SUMS = 'sums';

/** Nobody looks at the sums of an epoch after some seconds; the time to live needs days for what is over. */
const EXPIRES_SECONDS = 3_600;

/**
 * DynamoDB adds numbers of at most 38 digits, before and behind the point together. The inverse powers of latencies are
 * what needs most of them: 0.1 ms has nine before it, 1.7 s the first one at the twenty-sixth place behind it.
 */
const POWER_DIGITS = 26;
const DIGITS = 6;

const sum = (name: string, value: number): string =>
  name === 'lowestPowerSum' ? plain(value, POWER_DIGITS) : plain(value, DIGITS);

/** No exponent, and no digit beyond what may be added. */
const plain = (value: number, digits: number): string => {
  const [whole = '0', part = ''] = value.toFixed(digits).split('.');
  const trimmed = part.replace(/0+$/, '');
  return trimmed === '' ? whole : `${whole}.${trimmed}`;
};

const bucketName = (bucket: number): string => `latency${bucket}`;

/** Names and values of a report that are not 0: only these are sent. */
const membersOf = (report: ControlReport): [name: string, value: string][] => {
  const isTooSlow = sum('lowestPowerSum', report.lowestPowerSum) === '0';
  return [
    ...REPORT_SUMS.map((name): [string, string] => [name, sum(name, report[name])]),
    ...report.latencyHistogram.map((count, bucket): [string, string] => [bucketName(bucket), sum('', count)]),
  ].filter(([name, value]) => value !== '0' && !(isTooSlow && name === 'lowestCount'));
};

const reportOf = (item: Item): ControlReport => ({
  ...(Object.fromEntries(REPORT_SUMS.map((name) => [name, readCount(item, name)])) as Omit<
    ControlReport,
    'latencyHistogram'
  >),
  latencyHistogram: Array.from({ length: LATENCY_BUCKETS }, (_, bucket) => readCount(item, bucketName(bucket))),
});

export const sharedDecisions = (table: TableAccess, sink: string, nowMs: () => number): SharedDecisions => {
  const reportKey = (epoch: number): Item => keyItem({ pk: `report#${sink}#${epoch}`, sk: SUMS });
  return {
    async report(epoch, report) {
      const members = membersOf(report);
      const command = new UpdateItemCommand({
        TableName: table.name,
        Key: reportKey(epoch),
        UpdateExpression: `SET ${EXPIRES_AT} = :expires ADD ${members.map((_, place) => `#n${place} :v${place}`).join(', ')}`,
        ExpressionAttributeNames: Object.fromEntries(members.map(([name], place) => [`#n${place}`, name])),
        ExpressionAttributeValues: {
          ':expires': expiresIn(EXPIRES_SECONDS, nowMs()),
          ...Object.fromEntries(members.map(([, value], place) => [`:v${place}`, { N: value }])),
        },
      });
      await table.client.send(command, soon());
    },
    async reportsOf(epoch) {
      const { Item: found } = await table.client.send(
        new GetItemCommand({ TableName: table.name, Key: reportKey(epoch) }),
        soon(),
      );
      return found === undefined ? undefined : reportOf(found);
    },
    async step(expectedEpoch, next) {
      const isFirst = expectedEpoch < 0;
      const command = new PutItemCommand({
        TableName: table.name,
        Item: decisionItem(sink, next),
        ConditionExpression: isFirst ? IS_ABSENT : 'epoch = :epoch AND #format = :format',
        ...(isFirst
          ? {}
          : {
              ExpressionAttributeNames: { '#format': 'format' },
              ExpressionAttributeValues: { ':epoch': number(expectedEpoch), ':format': number(next.format) },
            }),
      });
      return (await whether(table.client.send(command, soon()))) ? 'stepped' : 'conflict';
    },
  };
};

const decisionItem = (sink: string, state: Decision): Item => ({
  ...keyItem({ pk: `control#${sink}`, sk: DECISION }),
  format: number(state.format),
  epoch: number(state.epoch),
  state: text(JSON.stringify(state)),
});

/** As it was stored, to be judged by `parseControlState`: of another version it may be anything. */
export const readDecision = (item: Item): unknown => {
  try {
    return { ...JSON.parse(readText(item, 'state')), format: readNumber(item, 'format') };
  } catch {
    return { format: Number.NaN };
  }
};
