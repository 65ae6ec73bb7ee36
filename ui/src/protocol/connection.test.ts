import { describe, expect, it } from "vitest";

import { Connection, Lost, Refused, type Listener, type Status, type Surroundings } from "./connection";
import { signedPayload } from "./device";

/** A gateway's end of the socket, and the time, in the test's hand. */
class FakeGateway implements Surroundings {
  readonly sent: { id: string; method: string; params: Record<string, unknown> }[] = [];
  readonly timers = new Map<() => void, number>();
  readonly statuses: Status[] = [];
  readonly events: string[] = [];
  readonly deviceTokens: string[] = [];
  missed = 0;
  listener: Listener | undefined;
  sockets = 0;
  readonly connection = new Connection(
    "ws://gateway/",
    {
      status: (status) => this.statuses.push(status),
      event: (name) => this.events.push(name),
      missed: () => (this.missed += 1),
      deviceToken: (token) => this.deviceTokens.push(token),
    },
    this,
  );

  socket(_url: string, listener: Listener): { send(data: string): void; close(): void } {
    this.listener = listener;
    this.sockets += 1;
    return { send: (data) => this.sent.push(JSON.parse(data)), close: () => {} };
  }
  now(): number {
    return 7;
  }
  later(action: () => void, ms: number): () => void {
    this.timers.set(action, ms);
    return () => this.timers.delete(action);
  }
  device(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  tell(frame: object): void {
    this.listener?.message(JSON.stringify(frame));
  }

  /** Lets the page in. */
  async welcome(): Promise<void> {
    this.tell({ type: "event", event: "connect.challenge", payload: { nonce: "n", ts: 1 } });
    await settled();
    const hello = { server: {}, snapshot: {}, policy: { tickIntervalMs: 1000 }, auth: { deviceToken: "d" } };
    this.tell({ type: "res", id: this.sent.at(-1)?.id, ok: true, payload: hello });
    await settled();
  }

  get state(): string | undefined {
    return this.statuses.at(-1)?.state;
  }

  /** Lets the timer of this length run out. */
  runOut(fits: (ms: number) => boolean): void {
    const found = [...this.timers].find(([, ms]) => fits(ms));
    if (found === undefined) throw new Error("no such timer");
    this.timers.delete(found[0]);
    found[0]();
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

async function opened(): Promise<FakeGateway> {
  const gateway = new FakeGateway();
  gateway.connection.start(["t0k"]);
  await gateway.welcome();
  return gateway;
}

describe("a connection", () => {
  it("introduces itself as the page and keeps the device's token", async () => {
    const gateway = await opened();
    expect(gateway.sent[0]).toMatchObject({
      method: "connect",
      params: { minProtocol: 3, maxProtocol: 3, client: { id: "webchat-ui", mode: "webchat" }, caps: ["tool-events"], auth: { token: "t0k" } },
    });
    expect(gateway.state).toBe("open");
    expect(gateway.deviceTokens).toEqual(["d"]);
  });

  it("pairs answers with questions, whatever their order", async () => {
    const gateway = await opened();
    const [one, other] = [gateway.connection.request("a", {}), gateway.connection.request("b", {})];
    gateway.tell({ type: "res", id: gateway.sent[2]?.id, ok: true, payload: 2 });
    gateway.tell({ type: "res", id: gateway.sent[1]?.id, ok: false, error: { code: "X", message: "no" } });
    await expect(other).resolves.toBe(2);
    await expect(one).rejects.toThrow(Refused);
  });

  it("answers open questions as lost and comes back by itself", async () => {
    const gateway = await opened();
    const question = gateway.connection.request("a", {});
    gateway.listener?.closed(1006, "");
    await expect(question).rejects.toThrow(Lost);
    expect(gateway.state).toBe("waiting");
    gateway.runOut((ms) => ms < 1000);
    await gateway.welcome();
    expect(gateway.state).toBe("open");
    expect(gateway.sockets).toBe(2);
  });

  it("takes two missing ticks for a gateway that is gone", async () => {
    const gateway = await opened();
    gateway.runOut((ms) => ms === 2000);
    expect(gateway.state).toBe("waiting");
  });

  it("stops at a refusal and says it in the gateway's words", async () => {
    const gateway = new FakeGateway();
    gateway.connection.start(["wrong", "worse"]);
    for (const reason of ["unauthorized: first", "unauthorized: second"]) {
      gateway.tell({ type: "event", event: "connect.challenge", payload: { nonce: "n" } });
      await settled();
      gateway.tell({ type: "res", id: gateway.sent.at(-1)?.id, ok: false, error: { code: "INVALID_REQUEST", message: reason } });
      await settled();
      gateway.listener?.closed(1008, reason);
      await settled();
    }
    expect(gateway.sent.map(({ params }) => params["auth"])).toEqual([{ token: "wrong" }, { token: "worse" }]);
    expect(gateway.statuses.at(-1)).toEqual({ state: "refused", message: "unauthorized: second" });
  });

  it("comes back after a restart and after having been too slow", async () => {
    for (const [code, reason] of [[1012, "service restart"], [1008, "slow consumer"]] as const) {
      const gateway = await opened();
      gateway.listener?.closed(code, reason);
      expect(gateway.state).toBe("waiting");
    }
  });

  it("notices events that were skipped, and counts anew with each connection", async () => {
    const gateway = await opened();
    for (const seq of [7, 8, undefined, 9]) gateway.tell({ type: "event", event: "tick", payload: {}, seq });
    expect(gateway.missed).toBe(0);
    gateway.tell({ type: "event", event: "tick", payload: {}, seq: 12 });
    gateway.tell({ type: "event", event: "tick", payload: {}, seq: 13 });
    expect(gateway.missed).toBe(1);
    gateway.listener?.closed(1012, "service restart");
    gateway.runOut((ms) => ms < 1000);
    await gateway.welcome();
    gateway.tell({ type: "event", event: "tick", payload: {}, seq: 40 });
    gateway.listener?.closed(1012, "service restart");
    gateway.runOut((ms) => ms < 1000);
    await gateway.welcome();
    gateway.tell({ type: "event", event: "tick", payload: {}, seq: 1 });
    expect(gateway.missed).toBe(1);
  });

  it("passes events on and drops what is no frame", async () => {
    const gateway = await opened();
    gateway.tell({ type: "event", event: "tick", payload: {} });
    gateway.listener?.message("{");
    gateway.listener?.message('{"type":"res"}');
    expect(gateway.events).toEqual(["tick"]);
  });
});

it("signs the fields in the order of the protocol, with the nonce only in the second form", () => {
  const asked = { clientId: "webchat-ui", clientMode: "webchat", role: "operator", scopes: ["a", "b"], signedAt: 5, token: "t" };
  expect(signedPayload("id", { ...asked, nonce: "n" })).toBe("v2|id|webchat-ui|webchat|operator|a,b|5|t|n");
  expect(signedPayload("id", { ...asked, nonce: undefined })).toBe("v1|id|webchat-ui|webchat|operator|a,b|5|t");
});
