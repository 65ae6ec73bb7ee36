// How long to wait before the next attempt to connect: quick at first, because a restart takes a second or two, then
// slower, so that a page left open does not hammer a machine that is down.

const FIRST_MS = 300;
const MOST_MS = 8_000;
const FACTOR = 1.7;

export class Backoff {
  #next = FIRST_MS;

  /** The next wait, spread by up to a quarter so that many pages do not come back at once. */
  wait(random: () => number = Math.random): number {
    const wait = this.#next;
    this.#next = Math.min(MOST_MS, this.#next * FACTOR);
    return wait * (0.875 + random() * 0.25);
  }

  reset(): void {
    this.#next = FIRST_MS;
  }
}
