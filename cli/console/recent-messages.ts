/** The last messages that the function received, for the mapping editor. */

import type { SQSEvent, SQSRecord } from 'aws-lambda';
import type { Message } from '../../src/sink/message.ts';
import { buildMessage } from '../../src/testing/messages.ts';

/** Messages that are kept, at most. */
export const RECENT_MESSAGES_MAX = 10;
/** Characters of a body, at most. Larger ones are not kept, because the editor converts all messages at each change. */
const RECENT_CHARS_MAX = 65_536;

/** The last messages, newest first. A message that is received again is kept once. */
export class RecentMessages {
  #messages: readonly Message[] = [];

  add({ Records }: SQSEvent): void {
    const added = Records.filter(({ body }) => body.length <= RECENT_CHARS_MAX).map(messageOf);
    const ids = new Set(added.map(({ id }) => id));
    this.#messages = [...added.toReversed(), ...this.#messages.filter(({ id }) => !ids.has(id))].slice(
      0,
      RECENT_MESSAGES_MAX,
    );
  }

  list(): readonly Message[] {
    return this.#messages;
  }
}

const messageOf = ({ messageId, body, attributes, messageAttributes }: SQSRecord): Message =>
  buildMessage(body, {
    id: messageId,
    sentAtMs: Number(attributes.SentTimestamp),
    groupId: attributes.MessageGroupId,
    attributes: Object.fromEntries(
      Object.entries(messageAttributes).map(([name, { dataType, stringValue, binaryValue }]) => [
        name,
        { type: dataType, value: stringValue ?? binaryValue ?? '' },
      ]),
    ),
  });
