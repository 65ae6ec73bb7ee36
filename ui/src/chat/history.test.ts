import { describe, expect, it } from "vitest";

import { Refused } from "../protocol/connection";
import type { HistoryPage, WireMessage } from "../protocol/frames";
import { History } from "./history";

/** A transcript of numbered messages, told page by page. */
class FakeGateway {
  count: number;
  /** The number of the first one, which changes when the transcript begins anew. */
  first = 0;
  readonly limits: number[] = [];

  constructor(count: number) {
    this.count = count;
  }

  async request<T>(_method: string, { before, limit }: { before?: string; limit: number }): Promise<T> {
    this.limits.push(limit);
    const end = before === undefined ? this.count : Number(before) - this.first;
    if (end < 0) throw new Refused({ code: "INVALID_REQUEST", message: "no such entry" });
    const from = Math.max(0, end - limit);
    const messages = Array.from({ length: end - from }, (_, at) => message(this.first + from + at));
    const page: HistoryPage = from === 0 ? { messages } : { messages, before: String(this.first + from) };
    return page as T;
  }
}

const message = (number: number): WireMessage => ({ role: "user", content: `m${number}`, timestamp: number });
const numbers = (history: History): number[] => history.messages.map(({ timestamp }) => timestamp ?? -1);
const range = (from: number, end: number): number[] => Array.from({ length: end - from }, (_, at) => from + at);

async function read(gateway: FakeGateway): Promise<History> {
  const history = new History("main", gateway as never);
  await history.readNewest();
  return history;
}

describe("a history", () => {
  it("begins with the last screen and goes back to the first message", async () => {
    const history = await read(new FakeGateway(1100));
    expect(numbers(history)).toEqual(range(1040, 1100));
    while (history.hasOlder) await history.readOlder();
    expect(numbers(history)).toEqual(range(0, 1100));
  });

  it("has no older messages than the first", async () => {
    const history = await read(new FakeGateway(60));
    expect(history.hasOlder).toBe(false);
    expect((await read(new FakeGateway(61))).hasOlder).toBe(true);
  });

  it("joins what is new and keeps what was read before", async () => {
    const gateway = new FakeGateway(700);
    const history = await read(gateway);
    await history.readOlder();
    gateway.count = 703;
    await history.readNewest();
    expect(numbers(history)).toEqual(range(140, 703));
  });

  it("reads more when much came, and begins at the end when it was too much", async () => {
    const gateway = new FakeGateway(1200);
    const history = await read(gateway);
    await history.readOlder();
    gateway.count = 1700;
    await history.readNewest();
    expect(numbers(history)).toEqual(range(640, 1700));
    gateway.count = 5000;
    await history.readNewest();
    expect(numbers(history)).toEqual(range(4000, 5000));
    await history.readOlder();
    expect(numbers(history)).toEqual(range(3500, 5000));
  });

  it("begins anew when the transcript did", async () => {
    const gateway = new FakeGateway(200);
    const history = await read(gateway);
    Object.assign(gateway, { first: 1000, count: 2 });
    await history.readOlder();
    expect(numbers(history)).toEqual([1000, 1001]);
    expect(history.hasOlder).toBe(false);
  });
});
