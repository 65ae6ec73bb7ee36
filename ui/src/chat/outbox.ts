// Messages that the gateway has not yet acknowledged. Each is kept with its idempotency key and sent again with the same
// key after every reconnect, so that it is heard at least once and acted on exactly once.

import type { Attachment } from "../protocol/frames";
import type { Shelf } from "./storage";

const NAME = "clawdbot.outbox";

export interface Pending {
  key: string;
  session: string;
  text: string;
  attachments: readonly Attachment[];
  at: number;
  /** The gateway said no; the person decides what becomes of it. */
  refusal?: string;
}

export class Outbox {
  readonly #shelf: Shelf;
  #text: string | undefined;
  #pending: readonly Pending[] = [];

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /** Read anew each time, because another tab of the same page may have put or removed something. */
  all(): readonly Pending[] {
    const text = this.#shelf.read(NAME);
    if (text !== this.#text) {
      this.#text = text;
      this.#pending = read(text);
    }
    return this.#pending;
  }

  of(session: string): readonly Pending[] {
    return this.all().filter((one) => one.session === session);
  }

  put(pending: Pending): void {
    this.#write([...this.all().filter((one) => one.key !== pending.key), pending]);
  }

  refuse(key: string, refusal: string): void {
    this.#write(this.all().map((one) => (one.key === key ? { ...one, refusal } : one)));
  }

  /** Acknowledged, or given up by the person. */
  remove(key: string): Pending | undefined {
    const found = this.all().find((one) => one.key === key);
    if (found !== undefined) this.#write(this.all().filter((one) => one !== found));
    return found;
  }

  #write(pending: readonly Pending[]): void {
    this.#shelf.write(NAME, pending.length === 0 ? undefined : JSON.stringify(pending));
  }
}

function read(text: string | undefined): Pending[] {
  if (text === undefined) return [];
  try {
    const kept: unknown = JSON.parse(text);
    return Array.isArray(kept) ? kept.filter(isPending) : [];
  } catch {
    return [];
  }
}

function isPending(value: unknown): value is Pending {
  const one = value as Partial<Pending> | null;
  return (
    typeof one?.key === "string" &&
    typeof one.session === "string" &&
    typeof one.text === "string" &&
    typeof one.at === "number" &&
    Array.isArray(one.attachments)
  );
}
