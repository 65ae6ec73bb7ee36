// What was typed and not yet sent, per session, so that neither a restart of the gateway nor a closed tab loses it.

import type { Shelf } from "./storage";

const PREFIX = "clawdbot.draft:";

export class Drafts {
  readonly #shelf: Shelf;

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  of(session: string): string {
    return this.#shelf.read(PREFIX + session) ?? "";
  }

  keep(session: string, text: string): void {
    this.#shelf.write(PREFIX + session, text === "" ? undefined : text);
  }
}
