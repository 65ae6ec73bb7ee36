// How high each entry of a long list is: measured where it was once shown, guessed where not.

export class Heights {
  readonly #measured = new Map<string, number>();
  #sum = 0;
  #keys: readonly string[] = [];
  /** Where each entry starts, and behind the last one where all end; made anew when something changed. */
  #starts: Float64Array | undefined;
  readonly #guess: number;

  constructor(guess = 96) {
    this.#guess = guess;
  }

  set keys(keys: readonly string[]) {
    this.#keys = keys;
    this.#starts = undefined;
  }

  get keys(): readonly string[] {
    return this.#keys;
  }

  /** Remembers a height; says whether it is news. */
  measure(key: string, height: number): boolean {
    const before = this.#measured.get(key);
    if (before !== undefined && Math.abs(before - height) < 0.5) return false;
    this.#measured.set(key, height);
    this.#sum += height - (before ?? 0);
    this.#starts = undefined;
    return true;
  }

  /** Forgets all measures, after the width changed. */
  forget(): void {
    this.#measured.clear();
    this.#sum = 0;
    this.#starts = undefined;
  }

  start(index: number): number {
    return this.#all()[Math.max(0, Math.min(index, this.#keys.length))] ?? 0;
  }

  get total(): number {
    return this.start(this.#keys.length);
  }

  /** The entry at this height from the top. */
  at(top: number): number {
    const starts = this.#all();
    let low = 0;
    let high = this.#keys.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= top) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  #all(): Float64Array {
    if (this.#starts !== undefined) return this.#starts;
    // Entries of one conversation resemble each other, so the mean of those seen is the best guess for the others.
    const guess = this.#measured.size > 8 ? this.#sum / this.#measured.size : this.#guess;
    const starts = new Float64Array(this.#keys.length + 1);
    this.#keys.forEach((key, index) => {
      starts[index + 1] = (starts[index] ?? 0) + (this.#measured.get(key) ?? guess);
    });
    this.#starts = starts;
    return starts;
  }
}
