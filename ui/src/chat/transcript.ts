// Turns the messages of a transcript into entries.
//
// Messages carry no id, so an entry's key is made of its role and time; equal ones are counted. A key stays the same
// when older messages are loaded before it, which keeps the reader's place.

import type { WireMessage, WirePart } from "../protocol/frames";
import type { AssistantEntry, Entry, Part, Picture, ToolCall } from "./entry";
import { toolSummary } from "./tool_summary";

/** A result whose call is among older messages, which are not here yet, waits for it. */
export function readTranscript(messages: readonly WireMessage[], hasOlder = false): Entry[] {
  const entries: Entry[] = [];
  const calls = new Map<string, ToolCall>();
  const taken = new Set<string>();
  const keyFor = (message: WireMessage): string => {
    const stem = `${message.role}:${message.timestamp ?? 0}`;
    let key = stem;
    for (let count = 2; taken.has(key); count += 1) key = `${stem}:${count}`;
    taken.add(key);
    return key;
  };
  for (const message of messages) {
    const at = message.timestamp ?? 0;
    const parts = partsOf(message);
    if (message.role === "user") {
      const text = texts(parts);
      const images = pictures(parts);
      if (text === "" && images.length === 0) continue;
      entries.push({ kind: "person", key: keyFor(message), at, text, images, delivery: { state: "sent" } });
    } else if (message.role === "assistant") {
      const entry = assistant(message, parts, keyFor(message));
      for (const part of entry.parts) if (part.kind === "tool") calls.set(part.call.id, part.call);
      if (entry.parts.length > 0 || entry.problem !== undefined || entry.wasStopped) entries.push(entry);
    } else if (message.role === "toolResult") {
      const call = calls.get(message.toolCallId ?? "");
      if (call !== undefined) settle(call, message, parts);
      else if (!hasOlder) entries.push(orphan(message, parts, keyFor(message)));
    }
  }
  return entries;
}

/** Whether the last answer of these messages is complete, so that no run can still be behind it. */
export function isAnswered(messages: readonly WireMessage[]): boolean {
  const last = messages.at(-1);
  return last?.role === "assistant" && last.stopReason !== "toolUse";
}

function assistant(message: WireMessage, parts: WirePart[], key: string): AssistantEntry {
  const shown = parts.flatMap((part): Part[] => {
    if (part.type === "text" && part.text?.trim()) return [{ kind: "text", text: part.text }];
    if (part.type === "thinking" && part.thinking?.trim()) return [{ kind: "thinking", text: part.thinking }];
    if (part.type === "image") return pictures([part]).map((picture) => ({ kind: "picture", picture }));
    if (part.type !== "toolCall") return [];
    const call: ToolCall = {
      id: part.id ?? "",
      name: part.name ?? "tool",
      args: part.arguments,
      summary: toolSummary(part.arguments),
      state: "running",
      output: "",
      images: [],
    };
    return [{ kind: "tool", call }];
  });
  const wasStopped = message.stopReason === "aborted";
  const failed = message.stopReason === "error";
  const problem = message.errorMessage ?? (failed ? "The model failed without a reason." : undefined);
  return {
    kind: "assistant",
    key,
    at: message.timestamp ?? 0,
    parts: shown,
    isLive: false,
    wasStopped,
    ...(problem === undefined || wasStopped ? {} : { problem }),
  };
}

function settle(call: ToolCall, message: WireMessage, parts: WirePart[]): void {
  call.state = message.isError === true ? "failed" : "done";
  call.output = texts(parts);
  call.images = pictures(parts);
}

function orphan(message: WireMessage, parts: WirePart[], key: string): AssistantEntry {
  const call: ToolCall = {
    id: message.toolCallId ?? "",
    name: message.toolName ?? "tool",
    args: undefined,
    summary: "",
    state: "running",
    output: "",
    images: [],
  };
  settle(call, message, parts);
  const shown: Part[] = [{ kind: "tool", call }];
  return { kind: "assistant", key, at: message.timestamp ?? 0, parts: shown, isLive: false, wasStopped: false };
}

function partsOf(message: WireMessage): WirePart[] {
  const { content } = message;
  if (typeof content === "string") return [{ type: "text", text: content }];
  return Array.isArray(content) ? content : [];
}

function texts(parts: readonly WirePart[]): string {
  return parts
    .flatMap((part) => (part.type === "text" && part.text !== undefined ? [part.text] : []))
    .join("\n");
}

function pictures(parts: readonly WirePart[]): Picture[] {
  return parts.flatMap((part) =>
    part.type === "image" && part.data !== undefined && part.mimeType?.startsWith("image/") === true
      ? [{ data: part.data, mimeType: part.mimeType }]
      : [],
  );
}
