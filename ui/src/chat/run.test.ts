import { expect, it } from "vitest";

import type { AgentEvent } from "../protocol/frames";
import { textOf } from "./entry";
import { Run } from "./run";

const step = (stream: string, data: AgentEvent["data"]): AgentEvent => ({ runId: "r", sessionKey: "s", stream, ts: 5, data });

it("follows a text, a tool and the text after it as two messages", () => {
  const run = new Run("r");
  run.take(step("assistant", { text: "Let" }));
  run.take(step("assistant", { text: "Let me look." }));
  run.take(step("tool", { phase: "start", name: "exec", toolCallId: "t", args: { command: "ls" } }));
  run.take(step("tool", { phase: "result", name: "exec", toolCallId: "t", isError: false, result: { content: [{ type: "text", text: "a.txt" }] } }));
  run.take(step("assistant", { text: "There is a.txt." }));
  const entries = run.entries(true);
  expect(entries.map((entry) => textOf(entry.parts))).toEqual(["Let me look.", "There is a.txt."]);
  expect(entries[0]?.parts[1]).toMatchObject({ kind: "tool", call: { state: "done", output: "a.txt", summary: "ls" } });
  expect(entries.map((entry) => entry.isLive)).toEqual([false, true]);
});

it("notices a new message when the tools between are not told", () => {
  const run = new Run("r");
  run.take(step("assistant", { text: "First." }));
  run.take(step("assistant", { text: "Second" }));
  run.take(step("assistant", { text: "Second one." }));
  expect(run.entries(false).map((entry) => textOf(entry.parts))).toEqual(["First.", "Second one."]);
});

it("has no tool running once it ended", () => {
  const run = new Run("r");
  run.take(step("tool", { phase: "start", name: "exec", toolCallId: "t", args: {} }));
  expect(run.entries(true)[0]?.parts[0]).toMatchObject({ call: { state: "running" } });
  expect(run.entries(false)[0]?.parts[0]).toMatchObject({ call: { state: "done" } });
});
