/**
 * Safeguards, each with a way to break it by changing the text of a source file while it is loaded. A simulation that
 * does not detect a broken safeguard proves nothing.
 */

import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

interface Change {
  /** Path under `src/`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A way to break a safeguard. */
export interface Sabotage {
  /** Effect of the broken safeguard. */
  readonly meaning: string;
  /** A seed that detects it. */
  readonly seed: number;
  readonly changes: readonly Change[];
}

const change = (file: string, from: string, to: string): Change => ({ file, from, to });

/** All sabotages by name. */
export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  'acknowledge-before-checkpoint': {
    meaning: 'lines count as checkpointed before the table has confirmed them',
    seed: 3,
    changes: [change('sink/settle/unwritten.ts', 'if (saved) ledger', 'ledger')],
  },
  'failures-from-caught-errors': {
    meaning: 'only messages with a failed line are returned, instead of all unsettled messages',
    seed: 1,
    changes: [
      change(
        'sink/sink.ts',
        'const isUnsettled = !this.ledger.isSettled(index)',
        'const isUnsettled = Object.keys(this.unwritten.summary).length > 0 && !this.ledger.isSettled(index)',
      ),
    ],
  },
  'drop-on-failed-condition': {
    meaning: 'a segment counts as settled when its entry could not be changed',
    seed: 17,
    changes: [
      change(
        'checkpoint/drain/settle-group.ts',
        'if (!isSame(entry, first.retry)) await ports.store.reschedule(entry, first.retry, settle);\n    return false;',
        'return !isSame(entry, first.retry) && !(await ports.store.reschedule(entry, first.retry, settle));',
      ),
    ],
  },
  'clear-buffer-before-answer': {
    meaning: 'a batch counts as written when it is sent',
    seed: 1,
    changes: [
      change(
        'sink/write/isolate-refused.ts',
        'const outcome = piece.outcome ?? (await context.writer.write(piece.batch, context.deadline));',
        "await context.writer.write(piece.batch, context.deadline); const outcome = piece.outcome ?? ({ kind: 'written' } as Outcome);",
      ),
    ],
  },
  'timeout-is-written': {
    meaning: 'a request that timed out counts as written',
    seed: 1,
    changes: [
      change(
        'adapters/opengemini-reply.ts',
        "if (TIMEOUT_CODES.has(code)) return { kind: 'throttled', unexplained: true, text };",
        'if (TIMEOUT_CODES.has(code)) return WRITTEN;',
      ),
    ],
  },
  'delete-segment-before-confirmed': {
    meaning: 'segments are deleted before their lines are written',
    seed: 1,
    changes: [
      change(
        'checkpoint/drain/drain.ts',
        'await this.#writer.write(group);',
        'await this.#context.ports.store.deleteEntries(group.entries, this.#context.deadlines.settle); await this.#writer.write(group);',
      ),
    ],
  },
  'delete-segment-on-refused': {
    meaning: 'refused lines of a segment are dropped when their dead letters are not confirmed',
    seed: 42,
    changes: [
      change(
        'checkpoint/drain/settle-group.ts',
        'return [...unconfirmed].map(({ line }) => ({ lines: line, retry }));',
        'return [...unconfirmed].slice(0, 0).map(({ line }) => ({ lines: line, retry }));',
      ),
    ],
  },
  'believe-204-without-validation': {
    meaning: 'a field name with a quote is sent, although the server changes it and responds with 204',
    seed: 2,
    changes: [change('sink/mapping/name-rules.ts', `if (role === 'field' && name.includes('"'))`, 'if (false)')],
  },
  'forget-unbegun-messages': {
    meaning: 'a message that was not begun has no events and therefore counts as settled',
    seed: 19,
    changes: [change('sink/ledger.ts', 'fill(NOT_BEGUN)', 'fill(0)')],
  },
  'return-only-the-failed-of-a-group': {
    meaning: 'the rest of a group is processed after a message that failed',
    seed: 9,
    changes: [
      change(
        'sink/settle/line-settlement.ts',
        'return this.#run.options.fifo && this.#unwrittenLines > 0;',
        'return false;',
      ),
      change('sink/sink.ts', '!(this.options.fifo && returnedGroups.has(group))', 'true'),
    ],
  },
  'dead-letter-without-confirmation': {
    meaning: 'an event counts as quarantined when its dead letter is sent',
    seed: 1,
    changes: [change('sink/settle/quarantine.ts', 'if (safe[index] === true) confirmed(owner);', 'confirmed(owner);')],
  },
  'breaker-opens-on-one-body': {
    meaning: 'one body that fails repeatedly opens the breaker',
    seed: 3,
    changes: [change('breaker/breaker.ts', 'const BODIES_TO_OPEN = 2;', 'const BODIES_TO_OPEN = 1;')],
  },
  'hold-ignored': {
    meaning: 'an instance writes although it has read the hold of an operator',
    seed: 5,
    changes: [change('breaker/shared-breakers.ts', 'if (hold !== undefined) return onHoldOutcome(hold);', '')],
  },
  'hold-read-once': {
    meaning: 'an instance reads the shared state once, and never again',
    seed: 5,
    changes: [
      change('controller/instance-controller.ts', 'READ_INTERVAL_MS = 1_500;', 'READ_INTERVAL_MS = 10_000_000;'),
    ],
  },
  'probe-on-hold': {
    meaning: 'breakers are probed during the hold of an operator',
    seed: 5,
    changes: [change('breaker/shared-breakers.ts', 'if (this.holdInForce() !== undefined) return;', '')],
  },
  'no-poison-watch': {
    meaning: 'a message that ended the function runs together with other messages again',
    seed: 1,
    changes: [
      change(
        'ingest/poison-watch.ts',
        'const runs = this.#unfinishedRuns.get(id) ?? 0;',
        'const runs = id.length * 0;',
      ),
    ],
  },
  'bad-release-is-charged': {
    meaning: 'the unfinished runs of a release that completes no message count against the messages',
    seed: 49,
    changes: [
      change(
        'ingest/poison-watch.ts',
        'return this.#options.hasCompletedAny() ? runs + 1 : Math.max(runs, 1);',
        'return runs + 1;',
      ),
    ],
  },
  'ledger-counts-twice': {
    meaning: 'checkpointed lines also count as written',
    seed: 1,
    changes: [
      change('sink/ledger.ts', 'this.#checkpointed += lines;', 'this.#checkpointed += lines; this.#written += lines;'),
    ],
  },
  'drop-without-count': {
    meaning: 'an event that a rule drops is settled, but not counted as dropped',
    seed: 2,
    changes: [change('sink/ledger.ts', 'this.#dropped += 1;', '')],
  },
  'level-lost': {
    meaning: 'the elements of an inner level after the first are lost',
    seed: 2,
    changes: [
      change(
        'sink/decode/event-levels.ts',
        'for (let at = 0; at < elements.length; at++) {',
        'for (let at = 0; at < (depth === 0 ? elements.length : Math.min(1, elements.length)); at++) {',
      ),
    ],
  },
  'spread-by-clock': {
    meaning: 'spread times depend on the clock, so that a redelivery stores a second point',
    seed: 2,
    changes: [
      change(
        'sink/time/timestamp.ts',
        'const sum = nanos + ((stableHash(messageId) + eventIndex) % resolution);',
        'const sum = nanos + (Math.floor(performance.now() * 1_000_000 + messageId.length + eventIndex) % resolution);',
      ),
    ],
  },
  'conflict-unresolved': {
    meaning: 'a line counts as written after a type conflict, although only its other fields are stored',
    seed: 1,
    changes: [
      change(
        'sink/write/isolate-refused.ts',
        'if (resolved !== undefined && resolved !== line) changed.set(index, resolved);',
        'if (resolved !== undefined && resolved !== line) { failing.add(index); settlement.written(pickLines(batch, [index])); }',
      ),
    ],
  },
  'suffix-lost': {
    meaning: 'a field keeps its name under the policy "suffix"',
    seed: 1,
    changes: [change('sink/convert/known-columns.ts', 'return [suffixed, value];', 'return [name, value];')],
  },
  'conflict-unresolved-in-drain': {
    meaning: 'type conflicts of lines from the state table are not resolved',
    seed: 1,
    changes: [
      change(
        'checkpoint/drain/write-group.ts',
        'resolveConflict: ports.columns?.resolver((fields) => {',
        'resolveConflict: undefined && ports.columns?.resolver((fields) => {',
      ),
    ],
  },
  'base-fields-lost': {
    meaning: 'a base field of SenML holds for its own record only',
    seed: 7,
    changes: [
      change(
        'sink/presets/senml.ts',
        'for (const [label, value] of Object.entries(record)) {',
        'base.clear(); for (const [label, value] of Object.entries(record)) {',
      ),
    ],
  },
  'cut-event-ignored': {
    meaning: 'a dead letter with a whole pack is converted as a whole when it is sent back',
    seed: 7,
    changes: [
      change(
        'sink/decode/find-events.ts',
        'if (decoded.onlyEvent === undefined) return',
        'if (events.length > 0) return',
      ),
    ],
  },
  'node-probes-left': {
    meaning: 'probes of nodes are still in flight when the function has responded',
    seed: 326,
    changes: [change('runtime/runtime.ts', 'await this.services.nodes?.finish();', '')],
  },
  'failed-nodes-have-written': {
    meaning: 'a batch counts as written when several nodes have failed for it',
    seed: 6,
    changes: [
      change(
        'writer/several-nodes.ts',
        'return outcomeOfAll(failed);',
        "return failed.length > 1 ? { kind: 'written' } : outcomeOfAll(failed);",
      ),
    ],
  },
  'quarantine-unknown-status': {
    meaning: 'an unknown response counts as a refusal of the data',
    seed: 2,
    changes: [
      change(
        'adapters/opengemini-reply.ts',
        'return status >= 500 ? unexplained(shown) : misconfigured(shown);',
        "return refused('line-refused')(shown);",
      ),
    ],
  },
  'index-before-payload': {
    meaning: 'the entry of a segment is stored before its payload',
    seed: 1,
    changes: [
      change(
        'checkpoint/save.ts',
        'await this.#store.putPayload(entry, stored, deadline);\n    await this.#store.putEntry(entry, deadline);',
        'await this.#store.putEntry(entry, deadline);\n    await this.#store.putPayload(entry, stored, deadline);',
      ),
    ],
  },
};

const SRC = new URL('../../src/', import.meta.url);

/** Registers the changes of a sabotage. Must be called before any file of `src/` is loaded. */
export const sabotage = (name: string): void => {
  const changes = new Map<string, Change[]>();
  for (const one of SABOTAGES[name]?.changes ?? []) {
    const path = fileURLToPath(new URL(one.file, SRC));
    changes.set(path, [...(changes.get(path) ?? []), one]);
  }
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const own = url.startsWith('file:') ? changes.get(fileURLToPath(url)) : undefined;
      if (own === undefined || loaded.source === undefined || loaded.source === null) return loaded;
      let source = Buffer.from(loaded.source as Uint8Array).toString('utf8');
      for (const { file, from, to } of own) {
        // A change that no longer applies must fail. Otherwise it would break nothing, and no seed could detect it.
        if (!source.includes(from)) throw new Error(`${name}: src/${file} no longer contains ${from}`);
        source = source.replace(from, () => to);
      }
      return { ...loaded, source };
    },
  });
};
