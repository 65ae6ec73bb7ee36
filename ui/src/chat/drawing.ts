// When the browser draws: what happens more often than that need not be shown more often.

/** A hidden page draws nothing; it goes on all the same, slower. */
const HIDDEN_MS = 250;

/** Runs the action before the next drawing, once, however often it is asked for. */
export class BeforeDrawing {
  readonly #action: () => void;
  #isAsked = false;

  constructor(action: () => void) {
    this.#action = action;
  }

  ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    const run = (): void => {
      if (!this.#isAsked) return;
      this.#isAsked = false;
      this.#action();
    };
    requestAnimationFrame(run);
    setTimeout(run, HIDDEN_MS);
  }
}
