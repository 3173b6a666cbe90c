/**
 * Items of the controller: the decision that all instances follow, and the sums of their reports for each epoch.
 *
 *   control#<sink>         decision   the decision as JSON; its epoch and format are also attributes, for conditions
 *   control#<sink>         limit      `MaximumConcurrency` that the flush function last read
 *   report#<sink>#<epoch>  sums       sums of the epoch's reports; expires after an hour
 *
 * `shared-state.ts` reads the partition `control#` as a whole.
 */

import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Decision } from '../../controller/decision.ts';
import type { SharedDecisions } from '../../controller/decision-store.ts';
import { type ControlReport, REPORT_SUMS, reportFrom } from '../../controller/report.ts';
import { expiresIn, number, readCount, readNumber, readText, text } from './attributes.ts';
import { IS_ABSENT, type Item, keyItem, soon, type TableAccess, whether } from './table-access.ts';
import { EXPIRES_AT } from './table-schema.ts';

/** Sort key of the decision. */
export const DECISION = 'decision';
const SUMS = 'sums';

/**
 * Lifetime of the sums of an epoch. They are read for a few seconds only. DynamoDB may take days to delete an expired
 * item, so a shorter lifetime would save nothing.
 */
const EXPIRES_SECONDS = 3_600;

/**
 * Digits after the decimal point of `lowestPowerSum`. DynamoDB adds numbers of at most 38 digits in all. The inverse
 * powers of latencies need most of them. The power of 0.1 ms has nine digits before the point, and the first digit of
 * 1.7 s is the twenty-sixth after it.
 */
const POWER_DIGITS = 26;
/** Digits after the decimal point of all other sums. */
const DIGITS = 6;

const sum = (name: string, value: number): string =>
  name === 'lowestPowerSum' ? decimal(value, POWER_DIGITS) : decimal(value, DIGITS);

/** Returns the number without an exponent, rounded to the digits that DynamoDB can add. */
const decimal = (value: number, digits: number): string => {
  const [whole = '0', part = ''] = value.toFixed(digits).split('.');
  const trimmed = part.replace(/0+$/, '');
  return trimmed === '' ? whole : `${whole}.${trimmed}`;
};

/** Returns the names and values of a report that are not 0. Only these are sent. */
const membersOf = (report: ControlReport): [name: string, value: string][] => {
  // A latency above about 1.7 s rounds to 0. Its count is left out, because it would lower the mean of the other
  // instances.
  const isTooSlow = sum('lowestPowerSum', report.lowestPowerSum) === '0';
  return REPORT_SUMS.map((name): [string, string] => [name, sum(name, report[name])]).filter(
    ([name, value]) => value !== '0' && !(isTooSlow && name === 'lowestCount'),
  );
};

/**
 * Reads a sum that is missing as 0, and ignores other attributes. Instances of several versions add to one item, and
 * some versions have other sums. Older ones also add `invocations`, `lines`, `bytes`, `reports` and `latency0` to
 * `latency15`.
 */
const reportOf = (item: Item): ControlReport => reportFrom((name) => readCount(item, name));

/** Returns the port of the controller, except reading, because `readShared` reads the decision with the rest. */
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

const decisionItem = (sink: string, decision: Decision): Item => ({
  ...keyItem({ pk: `control#${sink}`, sk: DECISION }),
  format: number(decision.format),
  epoch: number(decision.epoch),
  state: text(JSON.stringify(decision)),
});

/**
 * Returns the stored decision for `parseDecision`, which validates it, because another version may have stored
 * anything. Text that is not JSON gives the format NaN, which no version supports.
 */
export const readDecision = (item: Item): unknown => {
  try {
    return { ...JSON.parse(readText(item, 'state')), format: readNumber(item, 'format') };
  } catch {
    return { format: Number.NaN };
  }
};
