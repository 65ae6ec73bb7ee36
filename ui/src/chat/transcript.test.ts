import { describe, expect, it } from "vitest";

import type { WireMessage } from "../protocol/frames";
import { isAnswered, readTranscript } from "./transcript";

const user = (text: string, timestamp: number): WireMessage => ({ role: "user", content: [{ type: "text", text }], timestamp });
const called = (id: string, timestamp: number): WireMessage => ({
  role: "assistant",
  content: [
    { type: "text", text: "Looking." },
    { type: "toolCall", id, name: "exec", arguments: { command: "ls -l" } },
  ],
  stopReason: "toolUse",
  timestamp,
});
const result = (toolCallId: string, text: string, timestamp: number, isError = false): WireMessage => ({
  role: "toolResult",
  toolCallId,
  toolName: "exec",
  content: [{ type: "text", text }],
  isError,
  timestamp,
});
const answer = (text: string, timestamp: number): WireMessage => ({
  role: "assistant",
  content: [{ type: "text", text }],
  stopReason: "stop",
  timestamp,
});

describe("a transcript", () => {
  it("shows a tool's result with its call", () => {
    const entries = readTranscript([user("hi", 1), called("t1", 2), result("t1", "total 0", 3), answer("Empty.", 4)]);
    expect(entries.map((entry) => entry.kind)).toEqual(["person", "assistant", "assistant"]);
    expect(entries[1]).toMatchObject({
      parts: [{ kind: "text" }, { kind: "tool", call: { summary: "ls -l", state: "done", output: "total 0" } }],
    });
  });

  it("shows a result whose call is out of sight, and a failed one as failed", () => {
    const entries = readTranscript([result("t0", "no such file", 1, true)]);
    expect(entries[0]).toMatchObject({ kind: "assistant", parts: [{ call: { name: "exec", state: "failed" } }] });
  });

  it("keeps a result back until the message that asked for it is read", () => {
    const page = [result("t0", "a.txt", 2), answer("Done.", 3)];
    expect(readTranscript(page, true).map((entry) => entry.key)).toEqual(["assistant:3"]);
    expect(readTranscript([called("t0", 1), ...page])[0]).toMatchObject({ parts: [{ kind: "text" }, { call: { output: "a.txt" } }] });
  });

  it("gives each entry a key that older messages do not change", () => {
    const newest = [user("a", 5), user("b", 5), answer("c", 6)];
    const keys = readTranscript(newest).map((entry) => entry.key);
    expect(new Set(keys).size).toBe(3);
    expect(readTranscript([user("older", 1), ...newest]).slice(1).map((entry) => entry.key)).toEqual(keys);
  });

  it("says why an answer failed, in the gateway's words", () => {
    const failed: WireMessage = { role: "assistant", content: [], stopReason: "error", errorMessage: "401: bad key", timestamp: 1 };
    expect(readTranscript([failed])[0]).toMatchObject({ problem: "401: bad key" });
  });

  it("is answered when its last word is the assistant's", () => {
    expect(isAnswered([user("hi", 1), answer("yes", 2)])).toBe(true);
    expect(isAnswered([user("hi", 1), called("t1", 2)])).toBe(false);
    expect(isAnswered([user("hi", 1)])).toBe(false);
    expect(isAnswered([])).toBe(false);
  });
});
