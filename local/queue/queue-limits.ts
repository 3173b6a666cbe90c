/** Limits of SQS that the emulator does not check, or checks differently. Error texts and codes are those of SQS. */

interface MessageAttribute {
  readonly DataType?: string;
  readonly StringValue?: string;
  /** Base64, as in the JSON protocol. */
  readonly BinaryValue?: string;
}

/** A message in a request, as an entry of a batch or alone. */
export interface OutgoingMessage {
  readonly Id?: string;
  readonly MessageBody?: string;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttribute>>;
}

/** Error response of SQS. */
export interface QueueFault {
  readonly code: string;
  readonly message: string;
}

const MESSAGE_BYTES_MAX = 1_048_576;
const ATTRIBUTES_MAX = 10;
const ATTRIBUTE_NAME_LENGTH_MAX = 256;

/**
 * Also matches lone surrogates: with the u flag a surrogate pair is one character, and a lone half is U+D800 to U+DFFF.
 */
const OUTSIDE_SQS = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const ATTRIBUTE_TYPE = /^(String|Number|Binary)(\..+)?$/;
const ATTRIBUTE_NAME = /^[A-Za-z0-9_.-]+$/;
const RESERVED_NAME = /^(aws|amazon)\./i;

const CHARACTERS =
  'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF';

const invalid = (message: string): QueueFault => ({ code: 'InvalidParameterValue', message });

const nameFault = (name: string): QueueFault | undefined => {
  if (name.length === 0 || name.length > ATTRIBUTE_NAME_LENGTH_MAX) {
    return invalid(`Length of message attribute name must be between 1 and ${ATTRIBUTE_NAME_LENGTH_MAX} bytes.`);
  }
  if (!ATTRIBUTE_NAME.test(name)) {
    return invalid(`Invalid message attribute name '${name}': only A-Z, a-z, 0-9, underscore, hyphen and period.`);
  }
  if (RESERVED_NAME.test(name)) {
    return invalid(`You can't use message attribute names beginning with 'AWS.' or 'Amazon.', got '${name}'.`);
  }
  if (name.startsWith('.') || name.endsWith('.') || name.includes('..')) {
    return invalid(`Invalid message attribute name '${name}': no period first or last, nor two in a row.`);
  }
  return undefined;
};

const valueFault = (name: string, attribute: MessageAttribute): QueueFault | undefined => {
  const type = attribute.DataType ?? '';
  if (type === '') return invalid(`The message attribute '${name}' must contain non-empty message attribute type.`);
  if (!ATTRIBUTE_TYPE.test(type)) {
    return invalid(
      `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
    );
  }
  const value = type.startsWith('Binary') ? attribute.BinaryValue : attribute.StringValue;
  if (value === undefined || value === '') {
    return invalid(`Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`);
  }
  // SQS uses the code InvalidMessageContents for the body only.
  return OUTSIDE_SQS.test(value) ? invalid(CHARACTERS) : undefined;
};

const attributesFault = (attributes: Readonly<Record<string, MessageAttribute>>): QueueFault | undefined => {
  const count = Object.keys(attributes).length;
  if (count > ATTRIBUTES_MAX) {
    return invalid(`Number of message attributes [${count}] exceeds the allowed maximum [${ATTRIBUTES_MAX}].`);
  }
  for (const [name, attribute] of Object.entries(attributes)) {
    const fault = nameFault(name) ?? valueFault(name, attribute);
    if (fault) return fault;
  }
  return undefined;
};

/** Returns the size of a message as SQS counts it: the body, and the names, types, and values of its attributes. */
const messageBytes = ({ MessageBody = '', MessageAttributes = {} }: OutgoingMessage): number =>
  Object.entries(MessageAttributes).reduce(
    (sum, [name, { DataType = '', StringValue = '', BinaryValue = '' }]) =>
      sum +
      Buffer.byteLength(name) +
      Buffer.byteLength(DataType) +
      Buffer.byteLength(StringValue) +
      Buffer.byteLength(BinaryValue, 'base64'),
    Buffer.byteLength(MessageBody),
  );

/** Returns why SQS refuses this message, or undefined if it accepts it. */
export const messageFault = (message: OutgoingMessage): QueueFault | undefined => {
  if (OUTSIDE_SQS.test(message.MessageBody ?? '')) return { code: 'InvalidMessageContents', message: CHARACTERS };
  const fault = attributesFault(message.MessageAttributes ?? {});
  if (fault) return fault;
  if (messageBytes(message) <= MESSAGE_BYTES_MAX) return undefined;
  return invalid(
    `One or more parameters are invalid. Reason: Message must be shorter than ${MESSAGE_BYTES_MAX} bytes.`,
  );
};

/** Returns why SQS refuses the whole request, or undefined. The emulator itself checks the ids and their number. */
export const batchFault = (entries: readonly OutgoingMessage[]): QueueFault | undefined => {
  const empty = entries.findIndex((entry) => !entry.MessageBody);
  if (empty >= 0) {
    const parameter = `SendMessageBatchRequestEntry.${empty + 1}.MessageBody`;
    return { code: 'MissingParameter', message: `The request must contain the parameter ${parameter}.` };
  }
  const bytes = entries.reduce((sum, entry) => sum + messageBytes(entry), 0);
  if (bytes <= MESSAGE_BYTES_MAX) return undefined;
  return {
    code: 'BatchRequestTooLong',
    message: `Batch requests cannot be longer than ${MESSAGE_BYTES_MAX} bytes. You have sent ${bytes} bytes.`,
  };
};
