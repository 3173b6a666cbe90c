/**
 * State that all instances of a sink share, in one partition, so that one query reads all of it.
 *
 *   control#<sink>  breaker#<key>   an open breaker, and the lease of its probe
 *   control#<sink>  waiting         the backlog, as the flush function last measured it
 *   control#<sink>  decision        the decision of the controller, see `decisions.ts`
 *   control#<sink>  limit           `MaximumConcurrency` of the event source, where the flush function may move it
 *   control#<sink>  hold            the hold of an operator, see `hold.ts`
 *   control#<sink>  flushing        a run of the flush function is under way or requested, see `flush-claim.ts`
 */

import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { OpenBreaker } from '../../breaker/breaker.ts';
import type { BreakerStore } from '../../breaker/breaker-store.ts';
import type { Backlog } from '../../checkpoint/capacity.ts';
import type { EventSourceLimit } from '../../controller/decision-store.ts';
import type { SharedState } from '../../runtime/state-table.ts';
import type { OutcomeKind } from '../../sink/outcome.ts';
import type { Deadline } from '../../sink/ports.ts';
import {
  number,
  readCount,
  readNumber,
  readOptionalNumber,
  readTarget,
  readText,
  targetItem,
  text,
} from './attributes.ts';
import { DECISION, readDecision } from './decisions.ts';
import { HOLD, readHold } from './hold.ts';
import { IS_ABSENT, type Item, keyItem, type Limit, soon, type TableAccess, whether } from './table-access.ts';
import { SORT_KEY } from './table-schema.ts';

const BREAKER = 'breaker#';
const BACKLOG = 'waiting';
const LIMIT = 'limit';

const partition = (sink: string): string => `control#${sink}`;

/** Reads the whole partition, within the time limit of control calls (docs/decisions/0025). */
export const readShared = async (table: TableAccess, sink: string): Promise<SharedState> => {
  const items = await table.query(partition(sink), soon().abortSignal);
  const find = (sk: string): Item | undefined => items.find((item) => readText(item, SORT_KEY) === sk);
  const [backlog, decision, limit, hold] = [find(BACKLOG), find(DECISION), find(LIMIT), find(HOLD)];
  return {
    breakers: items.filter((item) => readText(item, SORT_KEY).startsWith(BREAKER)).map(readBreaker),
    backlog: backlog === undefined ? undefined : readBacklog(backlog),
    decision: decision === undefined ? undefined : readDecision(decision),
    limit: limit === undefined ? undefined : readLimit(limit),
    hold: hold === undefined ? undefined : readHold(hold),
  };
};

const readLimit = (item: Item): EventSourceLimit => ({
  maximumConcurrency: readCount(item, 'maximumConcurrency'),
  atMs: readCount(item, 'atMs'),
});

/** Publishes the limit of the event source to all instances. */
export const writeLimit = async (
  table: TableAccess,
  sink: string,
  { maximumConcurrency, atMs }: EventSourceLimit,
  { signal }: Deadline,
): Promise<void> => {
  const item = {
    ...keyItem({ pk: partition(sink), sk: LIMIT }),
    maximumConcurrency: number(maximumConcurrency),
    atMs: number(atMs),
  };
  await table.client.send(new PutItemCommand({ TableName: table.name, Item: item }), { abortSignal: signal });
};

/** Publishes the measured backlog to all instances. */
export const writeBacklog = async (
  table: TableAccess,
  sink: string,
  { atMs, bytes, lines, segments, oldestMs, shards }: Backlog,
  { signal }: Deadline,
): Promise<void> => {
  const item = {
    ...keyItem({ pk: partition(sink), sk: BACKLOG }),
    atMs: number(atMs),
    bytes: number(bytes),
    lines: number(lines),
    segments: number(segments),
    ...(oldestMs === undefined ? {} : { oldestMs: number(oldestMs) }),
    shards: { L: shards.map(number) },
  };
  await table.client.send(new PutItemCommand({ TableName: table.name, Item: item }), { abortSignal: signal });
};

const readBacklog = (item: Item): Backlog => ({
  atMs: readCount(item, 'atMs'),
  bytes: readCount(item, 'bytes'),
  lines: readCount(item, 'lines'),
  segments: readCount(item, 'segments'),
  oldestMs: readOptionalNumber(item, 'oldestMs'),
  shards: (item.shards?.L ?? []).map(({ N }) => Number(N)),
});

type Condition = Pick<PutItemCommandInput, 'ConditionExpression' | 'ExpressionAttributeValues'>;

const IS_CLOSED: Condition = { ConditionExpression: IS_ABSENT };

/**
 * Condition for a new probe time: the owner holds the lease. It also holds if this call already succeeded and released
 * the lease, unless another instance has taken the lease since.
 */
const mayReopen = ({ openedBy, openedAtMs, probes, probeAtMs }: OpenBreaker, owner: string): Condition => ({
  ConditionExpression:
    'leaseOwner = :owner OR (attribute_not_exists(leaseOwner) AND openedBy = :by AND openedAtMs = :at AND probes = :probes AND probeAtMs = :probeAt)',
  ExpressionAttributeValues: {
    ':owner': text(owner),
    ':by': text(openedBy),
    ':at': number(openedAtMs),
    ':probes': number(probes),
    ':probeAt': number(probeAtMs),
  },
});

/**
 * Returns the port of the breakers of one sink. Every condition also holds for a repetition of a call that succeeded,
 * because the SDK repeats a call whose response was lost.
 */
export const breakerStore = (table: TableAccess, sink: string): BreakerStore => {
  const key = (breaker: string): ReturnType<typeof keyItem> =>
    keyItem({ pk: partition(sink), sk: `${BREAKER}${breaker}` });
  const put = (breaker: OpenBreaker, condition: Condition, limit: Limit): Promise<boolean> => {
    const item = { ...key(breaker.key), ...breakerItem(breaker) };
    return whether(table.client.send(new PutItemCommand({ TableName: table.name, Item: item, ...condition }), limit));
  };
  const isOpenedBy = async (breaker: OpenBreaker, limit: Limit): Promise<boolean> => {
    const command = new GetItemCommand({ TableName: table.name, Key: key(breaker.key), ConsistentRead: true });
    const { Item: known = {} } = await table.client.send(command, limit);
    return readText(known, 'openedBy') === breaker.openedBy && readNumber(known, 'openedAtMs') === breaker.openedAtMs;
  };
  return {
    async open(breaker) {
      const limit = soon();
      // A repetition writes nothing, because another instance may have leased the probe or rescheduled it since.
      return (await put(breaker, IS_CLOSED, limit)) || isOpenedBy(breaker, limit);
    },
    lease: (seen, owner, untilMs, nowMs) =>
      whether(
        table.client.send(
          new UpdateItemCommand({
            TableName: table.name,
            Key: key(seen.key),
            UpdateExpression: 'SET leaseOwner = :owner, leaseUntilMs = :until',
            ConditionExpression:
              'probeAtMs = :seen AND (attribute_not_exists(leaseUntilMs) OR leaseUntilMs <= :now OR leaseOwner = :owner)',
            ExpressionAttributeValues: {
              ':owner': text(owner),
              ':until': number(untilMs),
              ':now': number(nowMs),
              ':seen': number(seen.probeAtMs),
            },
          }),
          soon(),
        ),
      ),
    reopen: (breaker, owner) => put(breaker, mayReopen(breaker, owner), soon()),
    close: (breaker, owner) =>
      whether(
        table.client.send(
          new DeleteItemCommand({
            TableName: table.name,
            Key: key(breaker),
            ConditionExpression: `${IS_ABSENT} OR leaseOwner = :owner`,
            ExpressionAttributeValues: { ':owner': text(owner) },
          }),
          soon(),
        ),
      ),
  };
};

const breakerItem = (breaker: OpenBreaker): Item => ({
  key: text(breaker.key),
  kind: text(breaker.kind),
  text: text(breaker.text),
  ...targetItem(breaker.target),
  openedBy: text(breaker.openedBy),
  openedAtMs: number(breaker.openedAtMs),
  probes: number(breaker.probes),
  probeAtMs: number(breaker.probeAtMs),
  credentialsMark: text(breaker.credentialsMark),
});

const readBreaker = (item: Item): OpenBreaker => ({
  key: readText(item, 'key'),
  kind: readText(item, 'kind') as OutcomeKind,
  text: readText(item, 'text'),
  target: readTarget(item),
  openedBy: readText(item, 'openedBy'),
  openedAtMs: readNumber(item, 'openedAtMs'),
  probes: readNumber(item, 'probes'),
  probeAtMs: readNumber(item, 'probeAtMs'),
  credentialsMark: readText(item, 'credentialsMark'),
});
