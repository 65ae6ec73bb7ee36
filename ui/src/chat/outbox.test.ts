import { describe, expect, it } from "vitest";

import { Lost, Refused } from "../protocol/connection";
import { Drafts } from "./drafts";
import { Outbox, type Pending } from "./outbox";
import { Sending } from "./sending";
import type { Shelf } from "./storage";

class MemoryShelf implements Shelf {
  readonly kept = new Map<string, string>();
  read(name: string): string | undefined {
    return this.kept.get(name);
  }
  write(name: string, value: string | undefined): void {
    if (value === undefined) this.kept.delete(name);
    else this.kept.set(name, value);
  }
}

const pending = (key: string): Pending => ({ key, session: "s", text: `text ${key}`, attachments: [], at: 1 });

/** A gateway that answers as the test says, one request after the other. */
class Answers {
  isOpen = true;
  readonly asked: { idempotencyKey: string }[] = [];
  readonly #answers: (unknown | Error)[];
  constructor(...answers: (unknown | Error)[]) {
    this.#answers = answers;
  }
  request<T>(_method: string, params: object): Promise<T> {
    this.asked.push(params as { idempotencyKey: string });
    const answer = this.#answers.shift();
    if (answer instanceof Lost) this.isOpen = false;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as T);
  }
}

const ignore = { acknowledged: () => {}, refused: () => {} };

describe("the outbox", () => {
  it("outlives the page", () => {
    const shelf = new MemoryShelf();
    new Outbox(shelf).put(pending("a"));
    expect(new Outbox(shelf).of("s").map((one) => one.key)).toEqual(["a"]);
    expect(new Outbox(shelf).of("other")).toEqual([]);
  });

  it("sees what another tab put or removed", () => {
    const shelf = new MemoryShelf();
    const [one, other] = [new Outbox(shelf), new Outbox(shelf)];
    one.put(pending("a"));
    other.put(pending("b"));
    expect(one.all().map(({ key }) => key)).toEqual(["a", "b"]);
    other.remove("a");
    expect(one.all().map(({ key }) => key)).toEqual(["b"]);
  });

  it("starts empty when what was kept is damaged", () => {
    const shelf = new MemoryShelf();
    shelf.write("clawdbot.outbox", '[{"key":1},');
    expect(new Outbox(shelf).all()).toEqual([]);
  });
});

describe("sending", () => {
  it("keeps a message until it is acknowledged, and repeats it with the same key", async () => {
    const outbox = new Outbox(new MemoryShelf());
    outbox.put(pending("a"));
    const gateway = new Answers(new Lost("gone"), { runId: "a", status: "in_flight" });
    const sending = new Sending(gateway, outbox, ignore);
    await sending.flush();
    expect(outbox.all()).toHaveLength(1);
    gateway.isOpen = true;
    await sending.flush();
    expect(outbox.all()).toHaveLength(0);
    expect(gateway.asked.map((params) => params.idempotencyKey)).toEqual(["a", "a"]);
  });

  it("sends in the order of writing", async () => {
    const outbox = new Outbox(new MemoryShelf());
    for (const key of ["a", "b", "c"]) outbox.put(pending(key));
    const gateway = new Answers({ status: "started" }, { status: "started" }, { status: "started" });
    await new Sending(gateway, outbox, ignore).flush();
    expect(gateway.asked.map((params) => params.idempotencyKey)).toEqual(["a", "b", "c"]);
  });

  it("leaves a refused message to the person and goes on with the next", async () => {
    const outbox = new Outbox(new MemoryShelf());
    outbox.put(pending("a"));
    outbox.put(pending("b"));
    const gateway = new Answers(new Refused({ code: "INVALID_REQUEST", message: "no model" }), { status: "started" });
    await new Sending(gateway, outbox, ignore).flush();
    expect(outbox.all()).toMatchObject([{ key: "a", refusal: "no model" }]);
  });
});

it("keeps a draft per session until it is emptied", () => {
  const shelf = new MemoryShelf();
  new Drafts(shelf).keep("s", "half a sent");
  expect(new Drafts(shelf).of("s")).toBe("half a sent");
  expect(new Drafts(shelf).of("t")).toBe("");
  new Drafts(shelf).keep("s", "");
  expect(shelf.kept.size).toBe(0);
});
