/**
 * Reports the fate of each line of one stream of messages to the ledger, the refused events and the unwritten lines.
 */

import type { Ledger } from '../ledger.ts';
import { lineText, sliceLines } from '../lines/batch.ts';
import { parseOwnLine } from '../lines/parse-own-line.ts';
import type { Message } from '../message.ts';
import { isUnexplained, type Outcome } from '../outcome.ts';
import { type OwnedBatch, targetKey } from '../ports.ts';
import { type RefusedEvent, refuse } from '../refusal.ts';
import type { LineRefusal, Settlement, WriteContext } from '../write/isolate-refused.ts';
import { FAILURES_MAX, isolateUnexplained } from '../write/isolate-unexplained.ts';
import type { UnwrittenLines } from './unwritten.ts';

/** State that the streams of an invocation share. */
export interface SettledRun extends WriteContext {
  readonly options: { readonly fifo: boolean };
  readonly messages: readonly Message[];
  readonly ledger: Ledger;
  readonly unwritten: UnwrittenLines;
  /** Last written batch of each target. Its first line is a reference line. */
  readonly lastWritten: Map<string, OwnedBatch>;
  refused(event: RefusedEvent): void;
  /** The server confirmed a batch. */
  written(batch: OwnedBatch): void;
}

/** Settlement of one stream. */
export class LineSettlement implements Settlement {
  readonly #run: SettledRun;
  /** Batches without a checkpoint whose failure may be caused by one of their lines. */
  readonly #unexplained: OwnedBatch[] = [];
  /** Number of lines that the server has neither confirmed nor refused. */
  #unwrittenLines = 0;

  constructor(run: SettledRun) {
    this.#run = run;
  }

  isStopped(): boolean {
    return this.#run.options.fifo && this.#unwrittenLines > 0;
  }

  written(batch: OwnedBatch): void {
    this.#run.ledger.written(batch.lines, batch.messageOf);
    this.#run.lastWritten.set(targetKey(batch.target), batch);
    this.#run.written(batch);
  }

  refused(batch: OwnedBatch, index: number, { code, detail, partlyStored }: LineRefusal): void {
    this.#run.refused({
      messageIndex: batch.messageOf[index] as number,
      eventIndex: batch.eventOf[index] as number,
      refusal: refuse(code, detail),
      measurement: parseOwnLine(lineText(batch, index)).measurement,
      partlyStored,
    });
  }

  async unwritten(batch: OwnedBatch, outcome: Outcome, undecided: boolean): Promise<void> {
    this.#unwrittenLines += batch.lines;
    await this.#run.unwritten.add(batch, outcome, undecided);
    if (!this.#run.unwritten.hasCheckpoint && isUnexplained(outcome)) this.#unexplained.push(batch);
  }

  /**
   * Isolates the batches that failed without a reason and whose messages were all received `FAILURES_MAX` times or more.
   * Without a state table only the queue counts failures. With one, the drain does the same.
   */
  async isolateUnexplained(): Promise<void> {
    for (const batch of this.#unexplained.splice(0)) {
      if (batch.messageOf.some((index) => (this.#run.messages[index]?.receiveCount ?? 0) < FAILURES_MAX)) continue;
      this.#unwrittenLines -= batch.lines;
      const lastWritten = this.#run.lastWritten.get(targetKey(batch.target));
      const reference = lastWritten === undefined ? undefined : sliceLines(lastWritten, 0, 1);
      await isolateUnexplained(batch, reference, this, this.#run);
    }
  }
}
