/**
 * Turns the log of the functions (docs/operating/logs.md) into one readable line per invocation, and one per warning or
 * error with its facts. Metrics are left out, because the invocation contains their figures. An error that ends an
 * invocation is printed once, although the function, its process, and the local system report it.
 */

import { counted } from '../counted.ts';

/** A line for the terminal. */
export interface LogLine {
  readonly text: string;
  readonly level: 'info' | 'warning' | 'error';
}

type Entry = Readonly<Record<string, unknown>>;

/**
 * Returns a function that returns the readable form of a line, or undefined if it is left out. Lines of other programs are
 * returned unchanged.
 */
export const createLogLines = (): ((line: string) => LogLine | undefined) => {
  let lastError: string | undefined;
  return (line) => {
    const entry = parsed(line);
    if (entry === undefined) {
      const found = functionError(line);
      if (found === undefined) return NOISE.test(line) ? undefined : { text: line, level: 'info' };
      if (found.error === lastError) return undefined;
      lastError = found.error;
      return { text: found.text, level: 'error' };
    }
    const { message } = (entry.error ?? {}) as { readonly message?: string };
    if (message !== undefined) lastError = message;
    const text = '_aws' in entry ? undefined : entryText(entry);
    const time = new Date(String(entry.timestamp)).toTimeString().slice(0, 8);
    return text === undefined ? undefined : { text: `${time}  ${text}`, level: levelOf(entry) };
  };
};

/** A hint of the metrics library after an invocation without metrics, which users of the sink cannot follow. */
const NOISE = /^No application metrics to publish\./;

/** Returns the entry of the sink's logger. Undefined for every other text, also for JSON of another program. */
const parsed = (line: string): Entry | undefined => {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line) as Entry;
    return '_aws' in entry || (typeof entry.message === 'string' && 'timestamp' in entry) ? entry : undefined;
  } catch {
    return undefined;
  }
};

const LEVELS: Readonly<Record<string, LogLine['level']>> = { WARN: 'warning', ERROR: 'error', CRITICAL: 'error' };

const levelOf = ({ level }: Entry): LogLine['level'] => LEVELS[String(level)] ?? 'info';

const entryText = (entry: Entry): string | undefined => {
  if (entry.message === 'invocation') return invocationText(entry);
  if (entry.message === 'flush') return flushText(entry);
  // The controller makes many small steps. The command "status" prints its decision.
  if (entry.message === 'control') return undefined;
  const level = levelOf(entry);
  const facts = factsOf(entry);
  return `${level === 'info' ? '' : `${level}: `}${entry.message}${facts === '' ? '' : ` ${facts}`}`;
};

/** Returns the parts whose count is not 0. */
const counts = (
  entry: Entry,
  parts: readonly (readonly [member: string, text: (count: number) => string])[],
): string[] =>
  parts.flatMap(([member, text]) => {
    const count = Number(entry[member] ?? 0);
    return count === 0 ? [] : [text(count)];
  });

const FATES: Parameters<typeof counts>[1] = [
  ['eventsQuarantined', (count) => counted(count, 'dead letter')],
  ['eventsCheckpointed', (count) => `${counted(count, 'event')} checkpointed`],
  ['eventsDropped', (count) => `${counted(count, 'event')} dropped`],
  ['messagesReturned', (count) => `${counted(count, 'message')} returned`],
  ['eventsDrained', (count) => `${counted(count, 'stored event')} written`],
];

const invocationText = (entry: Entry): string => {
  const parts = [`${counted(Number(entry.eventsWritten ?? 0), 'event')} written`, ...counts(entry, FATES)];
  return `${counted(Number(entry.messagesReceived ?? 0), 'message')}: ${parts.join(', ')} (${entry.durationMs} ms)`;
};

const FLUSHED: Parameters<typeof counts>[1] = [
  ['eventsWritten', (count) => `${counted(count, 'stored event')} written`],
  ['eventsQuarantined', (count) => counted(count, 'dead letter')],
  ['segmentsSettled', (count) => `${counted(count, 'segment')} settled`],
  ['adopted', (count) => `${counted(count, 'segment')} without an entry found`],
  ['damaged', (count) => `${counted(count, 'damaged segment')}`],
];

/** Returns undefined for a run that has changed nothing. */
const flushText = (entry: Entry): string | undefined => {
  const parts = counts(entry, FLUSHED);
  const { segments = 0 } = (entry.waiting ?? {}) as { readonly segments?: number };
  return parts.length === 0 ? undefined : `flush: ${parts.join(', ')}, ${counted(segments, 'segment')} in the backlog`;
};

/** Members of every entry, which are not facts about this one. */
const COMMON =
  /^(?:level|message|timestamp|service|cold_start|sampling_rate|xray_trace_id|function_(?:arn|memory_size|name|request_id))$/;

const factsOf = (entry: Entry): string =>
  Object.entries(entry)
    .filter(([name]) => !COMMON.test(name))
    .map(([name, value]) => `${name}: ${factText(value)}`)
    .join('; ');

/** Returns a value without the punctuation of JSON. Of an error it returns the name and the text. */
const factText = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(factText).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  const { stack, name, message } = value as { stack?: unknown; name?: unknown; message?: unknown };
  if (stack !== undefined && message !== undefined) return `${name ?? 'Error'}: ${message}`;
  return Object.entries(value)
    .map(([key, member]) => `${key} ${typeof member === 'object' ? `(${factText(member)})` : factText(member)}`)
    .join(', ');
};

/** An error that ends an invocation, as the process of a function prints it. */
const PROCESS_ERROR = /^ERROR (?:Invoke|Init) Error (\{.*\})$/;
/** The same, as the local system reports it. Without a line of the process, the process was killed, or has ended. */
const SYSTEM_ERROR = /^invocation failed: (.*)$/s;

const functionError = (line: string): { readonly error: string; readonly text: string } | undefined => {
  const [, error] = SYSTEM_ERROR.exec(line) ?? [];
  if (error !== undefined) return { error, text: `error: ${line}` };
  const [, json] = PROCESS_ERROR.exec(line) ?? [];
  if (json === undefined) return undefined;
  const {
    errorType,
    errorMessage,
    stackTrace = [],
  } = JSON.parse(json) as {
    readonly errorType: string;
    readonly errorMessage: string;
    readonly stackTrace?: readonly string[];
  };
  const places = stackTrace.filter((each) => /^\s+at /.test(each)).slice(0, PLACES_MAX);
  return { error: errorMessage, text: [`error: ${errorType}: ${errorMessage}`, ...places].join('\n') };
};

/** Places of a stack that are printed. The rest is in the log with `--logs`. */
const PLACES_MAX = 3;
