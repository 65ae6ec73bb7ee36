// One run as it happens: what the model says and does, message by message, until it ends.
//
// The gateway tells the whole text of the current message each time, so a missed step costs nothing. A message ends when
// a tool is called after it or when the text starts anew.

import type { AgentEvent } from "../protocol/frames";
import type { AssistantEntry, Part, Picture, ToolCall } from "./entry";
import { toolSummary } from "./tool_summary";

interface Message {
  at: number;
  text: string;
  calls: ToolCall[];
}

export class Run {
  readonly id: string;
  #messages: Message[] = [];

  constructor(id: string) {
    this.id = id;
  }

  /** Takes a step; says whether anything to be seen changed. */
  take({ stream, data, ts }: AgentEvent): boolean {
    if (stream === "assistant" && typeof data.text === "string") return this.say(data.text, ts);
    if (stream !== "tool" || data.toolCallId === undefined) return false;
    const call = this.#call(data.toolCallId, data.name ?? "tool", data.args, ts);
    if (data.phase === "update") {
      call.output = outputOf(data.partialResult).text || call.output;
    } else if (data.phase === "result") {
      const { text, images } = outputOf(data.result);
      call.state = data.isError === true ? "failed" : "done";
      call.output = text;
      call.images = images;
      if (call.summary === "") call.summary = data.meta ?? "";
    }
    return true;
  }

  /** The current message's text so far. */
  say(text: string, at: number): boolean {
    const current = this.#messages.at(-1);
    if (current !== undefined && current.calls.length === 0 && isContinued(current.text, text)) {
      if (current.text === text) return false;
      current.text = text;
      return true;
    }
    if (text.trim() === "") return false;
    this.#messages.push({ at, text, calls: [] });
    return true;
  }

  entries(isLive: boolean): AssistantEntry[] {
    return this.#messages.map((message, index) => {
      const text: Part[] = message.text.trim() === "" ? [] : [{ kind: "text", text: message.text }];
      const calls = message.calls.map((call): Part => ({ kind: "tool", call: settledCall(call, isLive) }));
      return {
        kind: "assistant",
        key: `run:${this.id}:${index}`,
        at: message.at,
        parts: [...text, ...calls],
        isLive: isLive && index === this.#messages.length - 1,
        wasStopped: false,
      };
    });
  }

  #call(id: string, name: string, args: unknown, at: number): ToolCall {
    for (const message of this.#messages) {
      const known = message.calls.find((call) => call.id === id);
      if (known !== undefined) return known;
    }
    const call: ToolCall = { id, name, args, summary: toolSummary(args), state: "running", output: "", images: [] };
    const current = this.#messages.at(-1);
    if (current === undefined) this.#messages.push({ at, text: "", calls: [call] });
    else current.calls.push(call);
    return call;
  }
}

/** A call whose run is over runs no more, even when its result was never told. */
function settledCall(call: ToolCall, isLive: boolean): ToolCall {
  return isLive || call.state !== "running" ? { ...call } : { ...call, state: "done" };
}

function isContinued(before: string, now: string): boolean {
  const start = before.trimEnd();
  return now.startsWith(start) || start.startsWith(now);
}

function outputOf(result: unknown): { text: string; images: Picture[] } {
  if (typeof result === "string") return { text: result, images: [] };
  const content = (result as { content?: unknown } | null | undefined)?.content;
  if (!Array.isArray(content)) return { text: "", images: [] };
  const parts = content as { type?: string; text?: string; data?: string; mimeType?: string }[];
  const text = parts.flatMap((part) => (typeof part.text === "string" ? [part.text] : [])).join("\n");
  const images = parts.flatMap((part) =>
    part.type === "image" && part.data !== undefined && part.mimeType !== undefined
      ? [{ data: part.data, mimeType: part.mimeType }]
      : [],
  );
  return { text, images };
}
