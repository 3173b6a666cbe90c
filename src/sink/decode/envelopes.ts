/** Recognizes envelopes of SNS and EventBridge, and provides the values of a message that a mapping can read. */

import type { MessageInfo } from '../custom/hooks.ts';
import { isObject, type Json, type JsonObject, SourceNumber } from '../json/json.ts';
import type { Message, MessageAttribute } from '../message.ts';

/** An envelope that was removed. */
export interface Envelope {
  readonly kind: 'sns' | 'eventbridge';
  /** Source text of the whole envelope. */
  readonly text: string;
}

/** Whether an object is a notification of SNS. */
export const isSns = (object: JsonObject): object is JsonObject & { readonly Message: string } =>
  object.Type === 'Notification' && typeof object.Message === 'string' && typeof object.TopicArn === 'string';

/** Whether an object is a message of SNS or S3 about a subscription, which is no notification. */
export const isSentBySns = ({ Type: type, Event: event }: JsonObject): boolean =>
  type === 'SubscriptionConfirmation' || type === 'UnsubscribeConfirmation' || event === 's3:TestEvent';

/** Whether an object is an event of EventBridge. */
export const isEventBridge = (object: JsonObject): object is JsonObject & { readonly detail: JsonObject } =>
  typeof object['detail-type'] === 'string' && typeof object.source === 'string' && isObject(object.detail);

/** Returns the attributes of an SNS message, from the member `MessageAttributes`. */
export const snsAttributes = (declared: Json | undefined): Record<string, MessageAttribute> => {
  const attributes: Record<string, MessageAttribute> = {};
  if (!isObject(declared)) return attributes;
  for (const [name, attribute] of Object.entries(declared)) {
    if (!isObject(attribute) || typeof attribute.Value !== 'string') continue;
    // An assignment would not create a member for the name `__proto__`.
    Object.defineProperty(attributes, name, {
      value: { type: String(attribute.Type), value: attribute.Value },
      enumerable: true,
    });
  }
  return attributes;
};

/**
 * Returns the message for the functions of a user. For a dead letter that was sent back, it is the first message of its
 * event. The attributes of an SNS message replace those of the SQS message. They are copies, so that a function that
 * changes them changes no dead letter.
 */
export const messageInfo = (message: Message, sns: Record<string, MessageAttribute> | undefined): MessageInfo => {
  const { attributes, ...info } = firstMessage(message, sns);
  const copies = Object.entries(attributes).map(([name, one]) => [name, { ...one }] as const);
  return { ...info, attributes: Object.fromEntries(copies) };
};

const firstMessage = (message: Message, sns: Record<string, MessageAttribute> | undefined): MessageInfo => {
  const { messageId, sentAtMs, groupId, attributes } = message.origin ?? { ...message, messageId: message.id };
  return { id: messageId, sentAtMs, groupId, attributes: sns ?? attributes };
};

/** Returns the values for `$message` paths, which are those of `messageInfo`. */
export const messageView = (message: Message, sns: Record<string, MessageAttribute> | undefined): JsonObject => {
  const { id, sentAtMs, groupId, attributes } = firstMessage(message, sns);
  return {
    id,
    sentAt: sentAtMs,
    ...(groupId === undefined ? {} : { groupId }),
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, attribute]) => [name, attributeValue(attribute)]),
    ) as JsonObject,
  };
};

/**
 * Returns the value of an attribute: a number with its digits for the type Number, otherwise text (base64 for Binary).
 */
const attributeValue = ({ type, value }: MessageAttribute): Json =>
  /^Number(?:\.|$)/.test(type) && /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value)
    ? new SourceNumber(Number(value), value)
    : value;
