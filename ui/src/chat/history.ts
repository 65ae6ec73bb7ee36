// The messages of a session that are here, oldest first: the newest, and older ones as far back as somebody has read.
//
// The gateway tells a page at a time and where the page before it ends. What is new is a short page that is joined to
// what is here.

import { Refused } from "../protocol/connection";
import type { HistoryPage, WireMessage } from "../protocol/frames";
import type { Gateway } from "./conversation";

/** Enough for the first screen, so that it is there at once. */
const FIRST = 60;
/** Enough to join what came since. */
const NEWEST = 100;
/** After a long absence. */
const MOST = 1000;
/** As many older ones at a time. */
const OLDER = 500;

export class History {
  readonly #session: string;
  readonly #gateway: Gateway;
  #messages: readonly WireMessage[] = [];
  #before: string | undefined;

  constructor(session: string, gateway: Gateway) {
    this.#session = session;
    this.#gateway = gateway;
  }

  get messages(): readonly WireMessage[] {
    return this.#messages;
  }

  /** Whether there are messages before the first one here. */
  get hasOlder(): boolean {
    return this.#before !== undefined;
  }

  async readNewest(): Promise<void> {
    const isFirst = this.#messages.length === 0;
    if (this.#join(await this.#page({ limit: isFirst ? FIRST : NEWEST }))) return;
    const long = await this.#page({ limit: MOST });
    if (!this.#join(long)) this.#replace(long);
  }

  async readOlder(): Promise<void> {
    const before = this.#before;
    if (before === undefined) return;
    try {
      const page = await this.#page({ before, limit: OLDER });
      // Meanwhile everything may have become another.
      if (before !== this.#before) return;
      this.#messages = [...page.messages, ...this.#messages];
      this.#before = page.before;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // The transcript was cut or begun anew behind our back, so what is here is no longer its end.
      this.#replace({ messages: [] });
      await this.readNewest();
    }
  }

  #page(params: { before?: string; limit: number }): Promise<HistoryPage> {
    return this.#gateway.request<HistoryPage>("chat.history.before", { sessionKey: this.#session, ...params });
  }

  /** Joins the newest messages to those here; says whether that was possible. */
  #join(page: HistoryPage): boolean {
    if (page.before === undefined || this.#messages.length === 0) {
      this.#replace(page);
      return true;
    }
    const all = joined(this.#messages, page.messages);
    if (all === undefined) return false;
    this.#messages = all;
    return true;
  }

  #replace({ messages, before }: HistoryPage): void {
    this.#messages = messages;
    this.#before = before;
  }
}

/** Known messages with the newest joined to them; nothing when they do not overlap. */
function joined(known: readonly WireMessage[], newest: readonly WireMessage[]): WireMessage[] | undefined {
  const first = newest[0];
  if (first === undefined) return undefined;
  for (let at = known.length - 1; at >= 0; at -= 1) {
    const candidate = known[at];
    if (candidate !== undefined && isSame(candidate, first)) return [...known.slice(0, at), ...newest];
  }
  return undefined;
}

function isSame(one: WireMessage, other: WireMessage): boolean {
  return (
    one.role === other.role &&
    one.timestamp === other.timestamp &&
    one.toolCallId === other.toolCallId &&
    JSON.stringify(one.content) === JSON.stringify(other.content)
  );
}
