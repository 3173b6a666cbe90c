/** Checks every call of a run against the expected fate of every event, and records violations. */

import { bytesOf } from '../../local/opengemini/byte-text.ts';
import { listPoints } from '../../local/opengemini/points.ts';
import type { Databases } from '../../local/opengemini/storage.ts';
import type { ExpectedPoint } from '../../local/workload/events.ts';
import { comparePoints, sourceText } from '../../local/workload/verify.ts';
import { readSegment, type StoredSegment } from '../../src/checkpoint/format/stored-segment.ts';
import type { Batch, DeadLetter } from '../../src/sink/ports.ts';
import { stableHash } from '../../src/sink/time/stable-hash.ts';
import { itemKey } from '../contract/memory-state-table.ts';
import type { SimMessage } from './sim-queue.ts';
import { readable, type SimTable } from './sim-table.ts';
import { type Destiny, marksIn } from './sim-workload.ts';

/** Fate of an event whose times are known. */
type KnownDestiny = Exclude<Destiny, { kind: 'spread' }>;

/** Returns the fate of an event of a message. The time of a spread event depends on the message, and never on a clock. */
const known = (destiny: Destiny, messageId: string): KnownDestiny => {
  if (destiny.kind !== 'spread') return destiny;
  const { point, resolution, eventIndex } = destiny;
  const nanos = (stableHash(messageId) + eventIndex) % resolution;
  return { kind: 'point', point: { ...point, time: `${point.time}${String(nanos).padStart(9, '0')}` } };
};

/** Returns the points of an event; none if it is dropped or refused. */
const pointsOfEvent = (destiny: KnownDestiny | undefined): readonly ExpectedPoint[] => {
  if (destiny?.kind === 'points') return destiny.points;
  return destiny?.kind === 'point' ? [destiny.point] : [];
};

/** Expected fate of an event. */
export interface Expected {
  readonly destiny: KnownDestiny;
  readonly sink: string;
  readonly messageId: string;
  /** Position in the order of its group; undefined on standard queues. */
  readonly order: { readonly group: string; readonly place: number } | undefined;
}

/** The expectations of one run, and the violations that it found. */
export class Oracle {
  readonly violations: string[] = [];
  readonly #expected = new Map<string, Expected>();
  readonly #marksOf = new Map<string, readonly string[]>();
  /** Marks of each group in the order in which they were sent. */
  readonly #groups = new Map<string, string[]>();
  readonly #stored = new Set<string>();
  readonly #lettered = new Set<string>();
  /** Number of dead letters by mark. */
  readonly #letters = new Map<string, number>();
  /** Marks whose dead letter is sent back. */
  readonly #toSendBack = new Set<string>();
  /** Mark and earlier dead letters of each message that was sent back. */
  readonly #sentBack = new Map<string, { readonly mark: string; readonly letters: number }>();
  readonly #segmentMarks = new WeakMap<StoredSegment, ReadonlySet<string>>();
  readonly #databases: Databases;
  readonly #table: () => SimTable;

  constructor(databases: Databases, table: () => SimTable) {
    this.#databases = databases;
    this.#table = table;
  }

  violation(text: string): void {
    this.violations.push(text);
  }

  get events(): number {
    return this.#expected.size;
  }

  sent(
    sink: string,
    messageId: string,
    marks: readonly string[],
    destinies: ReadonlyMap<string, Destiny>,
    group: string | undefined,
  ): void {
    this.#marksOf.set(messageId, marks);
    const line = this.#groups.get(`${sink} ${group}`) ?? [];
    this.#groups.set(`${sink} ${group}`, line);
    for (const mark of marks) {
      const destiny = destinies.get(mark);
      if (destiny === undefined) throw new Error(`${mark} has no destiny`);
      const order = group === undefined ? undefined : { group: `${sink} ${group}`, place: line.push(mark) - 1 };
      this.#expected.set(mark, { destiny: known(destiny, messageId), sink, messageId, order });
    }
  }

  /** The store has processed a body. */
  arrived({ body }: Batch): void {
    const marks = marksIn(Buffer.from(body).toString());
    for (const mark of marks) {
      if (this.#stored.has(mark) || !this.#isStored(mark)) continue;
      this.#checkOrder(mark, marks);
      this.#stored.add(mark);
    }
  }

  /**
   * A line with a type conflict may be passed by lines of its own body, because the server stores them at the first
   * attempt. The next attempt repeats all lines in order.
   */
  #checkOrder(mark: string, together: readonly string[]): void {
    const order = this.#expected.get(mark)?.order;
    if (order === undefined) return;
    const before = (this.#groups.get(order.group) ?? []).slice(0, order.place);
    const passed = before.find((one) => {
      const destiny = this.#expected.get(one)?.destiny;
      if (this.#stored.has(one) || pointsOfEvent(destiny).length === 0) return false;
      return !(destiny?.kind === 'point' && destiny.isChanged === true && together.includes(one));
    });
    if (passed !== undefined) this.violation(`${mark} was stored before ${passed} of the same group`);
  }

  #isStored(mark: string): boolean {
    const expected = this.#expected.get(mark);
    const points = pointsOfEvent(expected?.destiny);
    const names = [`telemetry_${expected?.sink}`, `hosts_${expected?.sink}`];
    return points.length > 0 && points.every((point) => names.some((name) => hasPoint(this.#databases, name, point)));
  }

  letterArrived(letter: DeadLetter): void {
    const { reason = '' } = letter.attributes;
    const marks = marksOfLetter(letter.body, letter.attributes.origin ?? '{}');
    if (marks.length === 0) this.violation(`a dead letter contains no event: ${letter.body.slice(0, 200)}`);
    if (marks.length > 1 && reason !== 'unfinished')
      this.violation(`a dead letter contains more than its event: ${marks}`);
    for (const mark of marks) {
      const destiny = this.#expected.get(mark)?.destiny;
      if (destiny?.kind !== 'letter')
        this.violation(`the healthy event ${mark} is in the dead-letter queue: ${reason}, ${letter.attributes.detail}`);
      else if (!destiny.reasons.some((one) => one === reason))
        this.violation(`the dead letter of ${mark} has the reason ${reason} instead of ${destiny.reasons}`);
      this.#lettered.add(mark);
      this.#letters.set(mark, (this.#letters.get(mark) ?? 0) + 1);
    }
  }

  /** Whether a dead letter is the first one of an event that is sent back. */
  isToSendBack(body: string, origin: string): boolean {
    const [mark = ''] = marksOfLetter(body, origin);
    const destiny = this.#expected.get(mark)?.destiny;
    if (destiny?.kind !== 'letter' || destiny.isSentBack !== true || this.#toSendBack.has(mark)) return false;
    this.#toSendBack.add(mark);
    return true;
  }

  /** A dead letter was sent back as a message, which must lead to one more dead letter. */
  sentBack(messageId: string, body: string, origin: string): void {
    const [mark = ''] = marksOfLetter(body, origin);
    this.#sentBack.set(messageId, { mark, letters: this.#letters.get(mark) ?? 0 });
  }

  messageDeleted({ id }: SimMessage): void {
    const back = this.#sentBack.get(id);
    if (back !== undefined && this.#letters.get(back.mark) === back.letters)
      this.violation(`message ${id} was acknowledged, and ${back.mark}, which was sent back, is lost`);
    const lost = (this.#marksOf.get(id) ?? []).filter((mark) => !this.#isSafe(mark));
    if (lost.length > 0)
      this.violation(`message ${id} was acknowledged, and ${lost.slice(0, 3)} (${lost.length}) are lost`);
  }

  messageDropped({ id, receives }: SimMessage, why: string): void {
    this.violation(`message ${id} left the queue after ${receives} receives: ${why}`);
  }

  entryPut(sink: string, id: string): void {
    if (!this.#table().items.payloads.has(itemKey(sink, id)))
      this.violation(`segment ${id} has an entry, but no payload`);
  }

  segmentsDeleted(sink: string, ids: readonly string[]): void {
    for (const id of ids) {
      const payload = this.#table().items.payloads.get(itemKey(sink, id));
      if (payload === undefined) continue;
      const lost = [...this.#marks(payload.segment)].filter((mark) => !this.#isSafe(mark));
      if (lost.length > 0)
        this.violation(`segment ${id} was deleted, and ${lost.slice(0, 3)} (${lost.length}) are lost`);
    }
  }

  #isSafe(mark: string): boolean {
    if (this.#stored.has(mark) || this.#lettered.has(mark)) return true;
    if (this.#expected.get(mark)?.destiny.kind === 'drop') return true;
    const { entries, payloads } = this.#table().items;
    for (const key of entries.keys()) {
      const payload = payloads.get(key);
      if (payload !== undefined && this.#marks(payload.segment).has(mark)) return true;
    }
    return false;
  }

  #marks(stored: StoredSegment): ReadonlySet<string> {
    const known = this.#segmentMarks.get(stored);
    if (known !== undefined) return known;
    const { lines } = readSegment(readable(stored));
    const marks = new Set(marksIn(Buffer.from(lines.body).toString()));
    this.#segmentMarks.set(stored, marks);
    return marks;
  }

  /** Checks after the backlog is drained that each event is in its place, with exactly its value. */
  finish(sinks: readonly string[], before: readonly ExpectedPoint[]): void {
    const found = sinks.flatMap((sink) => [
      ...pointsOf(this.#databases, `telemetry_${sink}`),
      ...pointsOf(this.#databases, `hosts_${sink}`),
    ]);
    const wanted: ExpectedPoint[] = [...before];
    for (const [mark, { destiny }] of this.#expected) {
      if (destiny.kind !== 'letter') wanted.push(...pointsOfEvent(destiny));
      else if (!this.#lettered.has(mark))
        this.violation(`${mark} is missing in the dead-letter queue (${destiny.reasons})`);
    }
    const compared = comparePoints(wanted, found);
    const { missing } = compared;
    const unexpected = compared.unexpected.filter((point) => !this.#isPartOfRefused(point));
    for (const point of missing.slice(0, 3))
      this.violation(`a point is missing (of ${missing.length}): ${JSON.stringify(point)}`);
    for (const point of unexpected.slice(0, 3)) this.violation(`a point is unexpected: ${JSON.stringify(point)}`);
  }

  /** Whether a point has fields of a refused event that the server has stored all the same, and no others. */
  #isPartOfRefused({ fields, ...point }: ExpectedPoint): boolean {
    const place = placeOf(point);
    return [...this.#expected.values()].some(
      ({ destiny }) =>
        destiny.kind === 'letter' &&
        destiny.partial !== undefined &&
        placeOf(destiny.partial) === place &&
        Object.entries(fields).every(([name, value]) => destiny.partial?.fields[name] === value),
    );
  }
}

/** Returns the marks of the events of a dead letter. Its origin names one event if the body contains others, too. */
const marksOfLetter = (body: string, origin: string): readonly string[] => {
  const inBody = marksIn(sourceText({ body, reason: '', detail: '', origin: '' }));
  const { cut } = JSON.parse(origin) as { cut?: { event?: number } };
  return cut?.event === undefined ? inBody : inBody.slice(cut.event, cut.event + 1);
};

/** Returns what distinguishes a point from all others, as text. */
const placeOf = ({ measurement, tags, time }: Omit<ExpectedPoint, 'fields'>): string =>
  JSON.stringify([measurement, Object.entries(tags).sort(), time]);

/** Whether a database contains a point with all fields. `Oracle.finish` compares their values. */
const hasPoint = (databases: Databases, name: string, { measurement, tags, fields, time }: ExpectedPoint): boolean => {
  const database = databases.get(name);
  const policy = database?.policies.get(database.defaultPolicy);
  const series = policy?.measurements.get(bytesOf(measurement))?.series;
  const key = JSON.stringify(
    Object.entries(tags)
      .map(([tag, value]) => [bytesOf(tag), bytesOf(value)])
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );
  const stored = series?.get(key)?.points.get(BigInt(time));
  return stored !== undefined && Object.keys(fields).every((field) => stored.has(bytesOf(field)));
};

const pointsOf = (databases: Databases, name: string): ExpectedPoint[] =>
  listPoints(databases, name).map(({ measurement, tags, fields, timeNs }) => ({
    measurement,
    tags,
    fields: Object.fromEntries(
      Object.entries(fields).map(([field, value]) => [field, typeof value === 'bigint' ? Number(value) : value]),
    ),
    time: String(timeNs),
  }));
