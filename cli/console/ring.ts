/** A list that keeps only its newest items. */

/** The newest items, oldest first. */
export class Ring<T> {
  readonly #itemsMax: number;
  #items: T[] = [];

  constructor(itemsMax: number) {
    this.#itemsMax = itemsMax;
  }

  push(item: T): void {
    this.#items.push(item);
    // Removing half of a double list at a time costs less than moving all items for each one.
    if (this.#items.length >= 2 * this.#itemsMax) this.#items = this.#items.slice(-this.#itemsMax);
  }

  items(): readonly T[] {
    return this.#items.slice(-this.#itemsMax);
  }

  /** Items in memory, those included that the next removal deletes. Less than twice the limit. */
  get stored(): number {
    return this.#items.length;
  }
}
