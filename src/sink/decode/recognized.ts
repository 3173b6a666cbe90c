/**
 * Recognizes bodies that are no telemetry: messages with which AWS tests a destination or asks for a confirmation, and
 * notices that the payload is in S3. A rule of the mapping can take such a body on purpose.
 */

import { isObject, type Json, type JsonObject } from '../json/json.ts';
import { isMet } from '../mapping/conditions.ts';
import type { EventLevel, Mapping } from '../mapping/mapping.ts';
import { resolvePath, type Scope } from '../mapping/path.ts';
import { type Refusal, refuse } from '../refusal.ts';
import type { Decoded } from './decoded.ts';

/** What a body is if it is no telemetry: a control message, which is settled, or a body to refuse. */
export type Recognized = 'control' | Refusal;

/** Returns what a body is; `undefined` for telemetry. */
export const recognize = (
  decoded: Decoded,
  mapping: Mapping | undefined,
  isForCode: boolean,
): Recognized | undefined => {
  const found = recognizeBody(decoded, isForCode);
  if (found === undefined || (mapping !== undefined && isCovered(decoded, mapping))) return undefined;
  return found;
};

const recognizeBody = (decoded: Decoded, isForCode: boolean): Recognized | undefined => {
  const { layout, units, cut } = decoded;
  // A dead letter of one of several units: its first message was read as telemetry, whatever the unit looks like.
  if (cut?.unit !== undefined) return undefined;
  const [first] = units;
  if (layout === 'single' && first?.kind === 'json') {
    const { root } = first;
    if (isObject(root)) {
      const found = recognizeObject(root, isForCode);
      if (found !== undefined) return found;
    } else if (!isForCode && Array.isArray(root) && isPointer(root)) return payloadInS3();
  }
  if (isForCode) return undefined;
  if (
    layout === 'array' &&
    units.length === 2 &&
    isPointer(units.map((unit) => (unit.kind === 'json' ? unit.root : null)))
  )
    return payloadInS3();
  return decoded.isExtended ? payloadInS3() : undefined;
};

const recognizeObject = (root: JsonObject, isForCode: boolean): Recognized | undefined => {
  if (root.Type !== undefined) {
    const confirmation = confirmationRefusal(root);
    if (confirmation !== undefined) return confirmation;
  }
  if (root.Event === 's3:TestEvent' || (root.messageType === 'CONTROL_MESSAGE' && 'logEvents' in root))
    return 'control';
  return !isForCode && isS3Notification(root.Records) ? payloadRefusal('objects in S3') : undefined;
};

const confirmationRefusal = ({ Type: type, TopicArn: topic }: JsonObject): Refusal | undefined => {
  if (typeof topic !== 'string') return undefined;
  if (type === 'SubscriptionConfirmation')
    return refuse(
      'not-telemetry',
      'SNS requests the confirmation of a subscription. Visit the address in SubscribeURL to confirm it, then delete this message',
    );
  if (type !== 'UnsubscribeConfirmation') return undefined;
  return refuse(
    'not-telemetry',
    'SNS reports that a subscription was removed. Visit the address in SubscribeURL to restore it, or delete this message',
  );
};

const isS3Notification = (records: Json | undefined): boolean => {
  if (!Array.isArray(records)) return false;
  const first = records[0] as Json | undefined;
  return isObject(first) && first.eventSource === 'aws:s3';
};

/** Class names with which the SQS extended clients begin a pointer. */
const POINTER_CLASSES: ReadonlySet<Json> = new Set([
  'software.amazon.payloadoffloading.PayloadS3Pointer',
  'com.amazon.sqs.javamessaging.MessageS3Pointer',
]);

const isPointer = (body: readonly Json[]): boolean =>
  body.length === 2 && POINTER_CLASSES.has(body[0] as Json) && isObject(body[1]);

const payloadInS3 = (): Refusal => payloadRefusal('a payload that an SQS extended client stored in S3');

const payloadRefusal = (what: string): Refusal =>
  refuse(
    'payload-elsewhere',
    `the body only names ${what}, and the sink reads nothing from S3. Send the payload itself, or write a rule whose "when" or "events" takes such bodies`,
  );

/** Whether a rule takes such a body on purpose: by its own `when`, or because its `events` lead into the body. */
const isCovered = (decoded: Decoded, mapping: Mapping): boolean =>
  decoded.units.some((unit) => unit.kind === 'json' && covers(mapping, decoded.scopeOf(unit.root)));

const covers = (mapping: Mapping, scope: Scope): boolean =>
  opens(mapping.events, scope) ||
  mapping.rules.some((rule) =>
    rule.when === undefined ? rule.drop !== true && opens(rule.events, scope) : isMet(rule.when, scope),
  ) ||
  (mapping.preset?.kind === 'rules' && covers(mapping.preset.mapping, scope));

const opens = ([outermost]: readonly EventLevel[], scope: Scope): boolean => {
  const value = outermost === undefined ? undefined : resolvePath(outermost.path, scope);
  return typeof value === 'object' && value !== null && (Array.isArray(value) || isObject(value));
};
