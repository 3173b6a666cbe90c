/** Requests, ordered by the virtual time at which their work ends. */

/** A request on the server. */
export interface Work {
  finish: number;
  readonly done: () => void;
}

/** A binary heap. */
export class WorkHeap {
  readonly #heap: Work[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get first(): Work | undefined {
    return this.#heap[0];
  }

  push(work: Work): void {
    const heap = this.#heap;
    let place = heap.push(work) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((heap[parent] as Work).finish <= work.finish) break;
      heap[place] = heap[parent] as Work;
      place = parent;
    }
    heap[place] = work;
  }

  pop(): Work | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Work).finish < (heap[child] as Work).finish) child += 1;
      if ((heap[child] as Work).finish >= last.finish) break;
      heap[place] = heap[child] as Work;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}
