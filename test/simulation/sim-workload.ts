/** Events for one sink of a seed: messages of all shapes, with the expected fate of every event. */

import { gunzipSync } from 'node:zlib';
import { type ExpectedPoint, hostEvent } from '../../local/workload/events.ts';
import { makeWorkload } from '../../local/workload/messages.ts';
import type { Random } from '../../local/workload/random.ts';
import type { RefusalCode } from '../../src/sink/refusal.ts';
import { CODE } from './sim-code.ts';
import { conflictMessages } from './sim-conflicts.ts';
import { languageMessages } from './sim-language.ts';
import { presetMessages, type SimPreset } from './sim-presets.ts';
import { POISON } from './sim-server.ts';

/** A message to send. */
export interface SimBody {
  readonly body: string;
  readonly region: string | undefined;
  readonly poison: 'kills' | 'hangs' | undefined;
  /** Marks of its events. Each mark is part of the event's text. */
  readonly marks: readonly string[];
}

/** The expected fate of an event. */
export type Destiny =
  | {
      readonly kind: 'point';
      readonly point: ExpectedPoint;
      /** Whether fields are changed because of a type conflict. The other fields may be stored before them. */
      readonly isChanged?: boolean;
    }
  | { readonly kind: 'points'; readonly points: readonly ExpectedPoint[] }
  /** A point whose time is in whole seconds, and is spread below the resolution by message and event. */
  | { readonly kind: 'spread'; readonly point: ExpectedPoint; readonly resolution: number; readonly eventIndex: number }
  /** Dropped on purpose: neither a point nor a dead letter. */
  | { readonly kind: 'drop' }
  | {
      readonly kind: 'letter';
      readonly reasons: readonly RefusalCode[];
      /** A point that may be stored all the same, with all of these fields or some of them. */
      readonly partial?: ExpectedPoint;
      /** Whether its first dead letter is sent back to the queue. The event is then refused again. */
      readonly isSentBack?: boolean;
    };

/** Messages with the expected fate of each event. */
export interface SimWorkload {
  readonly bodies: readonly SimBody[];
  /** Healthy messages for later. */
  readonly more: readonly SimBody[];
  readonly destinies: ReadonlyMap<string, Destiny>;
}

/** Settings of a workload. */
export interface SimWorkloadOptions {
  readonly seed: number;
  /** First of a range of numbers that no other sink uses. */
  readonly firstNumber: number;
  readonly messages: number;
  readonly eventsPerMessage: number;
  /** Numbers of messages that kill the process, that hang it, and that contain an event on which the server fails. */
  readonly killing: number;
  readonly hanging: number;
  readonly failing: number;
  readonly more: number;
  /** Events for which a function of the user throws, and messages with an event for which it never returns. */
  readonly code: { readonly throwing: number; readonly blocking: number };
  /** Whether only valid events in JSON are sent, which the decoder and the converter of `sim-code.ts` read. */
  readonly onlyJson: boolean;
  /** Whether messages for all additions of the mapping language are among the others. */
  readonly language: boolean;
  /** Whether messages for all policies of type conflicts are among the others. */
  readonly conflicts: boolean;
  /** Preset whose messages are among the others; undefined for none. */
  readonly preset: SimPreset | undefined;
}

const MARKS = /(?:bad|good)-\d+/g;

/** Whether a body is an object or a list of objects, not in an envelope, and in another way broken at most. */
const isPlainJson = (body: string): boolean => {
  try {
    const units: unknown[] = [JSON.parse(body)].flat();
    return units.every(
      (unit) => typeof unit === 'object' && unit !== null && !('Type' in unit) && !('detail-type' in unit),
    );
  } catch {
    return false;
  }
};

/** Returns the marks of the events in a text. */
export const marksIn = (text: string): string[] => [...new Set(text.match(MARKS))];

const readableText = (body: string): string =>
  body.startsWith('H4sI') ? gunzipSync(Buffer.from(body, 'base64')).toString() : body;

/** Offset beyond the numbers of the common workload. */
const OWN_NUMBERS = 500_000;

/** Generates a workload. */
export const simWorkload = (options: SimWorkloadOptions, random: Random): SimWorkload => {
  const { messages, eventsPerMessage, seed, firstNumber } = options;
  // A converter of the user gives other reasons than a mapping.
  const brokenOneIn = options.onlyJson ? 1e9 : 40;
  const common = makeWorkload({ messages, eventsPerMessage, brokenOneIn, seed, firstNumber });
  const destinies = new Map<string, Destiny>();
  for (const point of common.points) {
    const [mark] = marksIn(String(point.fields.note));
    if (mark !== undefined) destinies.set(mark, { kind: 'point', point });
  }
  for (const { mark, reason } of common.letters)
    destinies.set(mark.replace(/-$/, ''), { kind: 'letter', reasons: [reason] });
  const bodies: SimBody[] = common.messages.map(({ body, region }) => ({
    body,
    region,
    poison: undefined,
    marks: marksIn(readableText(body)),
  }));
  let n = firstNumber + OWN_NUMBERS;
  const good = (): string => {
    const { text, point } = hostEvent(n, random);
    destinies.set(`good-${n++}`, { kind: 'point', point });
    return text;
  };
  const insert = (body: string, poison: SimBody['poison']): void => {
    const place = random.below(bodies.length + 1);
    bodies.splice(place, 0, { body, region: undefined, poison, marks: marksIn(body) });
  };
  for (let left = options.failing; left > 0; left--) {
    const mark = `bad-${n++}`;
    destinies.set(mark, { kind: 'letter', reasons: ['server-error'] });
    const failing = `{"kind":"cpu","host":"${mark}","time":"2026-01-01T01:00:00Z","values":{"note":"${POISON}"}}`;
    insert(`[${[good(), failing, good()].join(',')}]`, undefined);
  }
  for (const poison of [...Array(options.killing).fill('kills'), ...Array(options.hanging).fill('hangs')]) {
    const body = `[${[good(), good()].join(',')}]`;
    // The body cannot be read, so the events in it are unknown.
    for (const mark of marksIn(body)) destinies.set(mark, { kind: 'letter', reasons: ['unfinished'] });
    insert(body, poison as 'kills' | 'hangs');
  }
  // Without randomness, so that other seeds stay as they are.
  for (const [kind, count] of Object.entries(options.code))
    for (let left = count; left > 0; left--) {
      const mark = `bad-${n++}`;
      const failing = `{"kind":"cpu","host":"${mark}","time":"2026-01-01T01:00:00Z","values":{"note":"${CODE[kind]}"}}`;
      const body = `[${[good(), failing, good()].join(',')}]`;
      if (kind === 'throwing') destinies.set(mark, { kind: 'letter', reasons: ['converter-error'] });
      else for (const one of marksIn(body)) destinies.set(one, { kind: 'letter', reasons: ['unfinished'] });
      bodies.splice(Math.floor(bodies.length / 2), 0, {
        body,
        region: undefined,
        poison: undefined,
        marks: marksIn(body),
      });
    }
  const { preset } = options;
  // An array is a pack of SenML, so that the mapping of the examples gets no arrays.
  if (preset === 'senml') bodies.splice(0, bodies.length, ...bodies.filter(({ body }) => !body.startsWith('[')));
  for (const messagesFrom of [
    ...(preset === undefined ? [] : [(first: number) => presetMessages(preset, first)]),
    ...(options.language ? [languageMessages] : []),
    ...(options.conflicts ? [conflictMessages] : []),
  ]) {
    const own = messagesFrom(n);
    for (const [mark, destiny] of own.fates) destinies.set(mark, destiny);
    const distance = Math.ceil(bodies.length / own.bodies.length);
    for (const [index, body] of own.bodies.entries()) bodies.splice(index * (distance + 1), 0, body);
    n += OWN_NUMBERS / 2;
  }
  const more = Array.from({ length: options.more }, () => {
    const body = good();
    return { body, region: undefined, poison: undefined, marks: marksIn(body) };
  });
  return { bodies: options.onlyJson ? bodies.filter(({ body }) => isPlainJson(body)) : bodies, more, destinies };
};
