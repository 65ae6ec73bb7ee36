// Work that is asked for more often than it need be done.

/** Runs the work, never twice at a time; whoever asks meanwhile is served by one more turn. */
export class OneAtATime {
  readonly #work: () => Promise<void>;
  #running: Promise<void> | undefined;
  #isAskedAgain = false;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Ends when what was asked for is done. */
  ask(): Promise<void> {
    this.#isAskedAgain = true;
    this.#running ??= this.#turns();
    return this.#running;
  }

  async #turns(): Promise<void> {
    try {
      while (this.#isAskedAgain) {
        this.#isAskedAgain = false;
        await this.#work();
      }
    } finally {
      this.#running = undefined;
    }
  }
}
