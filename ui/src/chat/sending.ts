// Sends what is in the outbox, one message after the other, and again after each reconnect.

import { Lost, Refused } from "../protocol/connection";
import type { SendParams, SendReply } from "../protocol/frames";
import type { Gateway } from "./conversation";
import type { Outbox, Pending } from "./outbox";

export interface Outcome {
  acknowledged(pending: Pending, reply: SendReply): void;
  refused(pending: Pending): void;
}

export class Sending {
  readonly #gateway: Gateway & { readonly isOpen: boolean };
  readonly #outbox: Outbox;
  readonly #outcome: Outcome;
  #isBusy = false;

  constructor(gateway: Gateway & { readonly isOpen: boolean }, outbox: Outbox, outcome: Outcome) {
    this.#gateway = gateway;
    this.#outbox = outbox;
    this.#outcome = outcome;
  }

  /** Sends until nothing waits or the gateway is away. */
  async flush(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) await this.#send(next);
    } finally {
      this.#isBusy = false;
    }
  }

  #next(): Pending | undefined {
    if (!this.#gateway.isOpen) return undefined;
    return this.#outbox.all().find((one) => one.refusal === undefined);
  }

  async #send(pending: Pending): Promise<void> {
    const { key, session, text, attachments } = pending;
    const params: SendParams = {
      sessionKey: session,
      message: text,
      idempotencyKey: key,
      deliver: false,
      ...(attachments.length === 0 ? {} : { attachments: [...attachments] }),
    };
    try {
      const reply = await this.#gateway.request<SendReply>("chat.send", params);
      this.#outbox.remove(key);
      this.#outcome.acknowledged(pending, reply);
    } catch (error) {
      // Nobody knows whether a lost message was heard: it stays, with its key, and goes out again.
      if (error instanceof Lost) return;
      if (!(error instanceof Refused)) throw error;
      this.#outbox.refuse(key, error.message);
      this.#outcome.refused(pending);
    }
  }
}
