// What the page shows of a conversation, one entry per message.
//
// A tool's result belongs to the call that asked for it, so a result is no entry of its own unless its call is out of
// sight.

export type Entry = PersonEntry | AssistantEntry | NoticeEntry;

export interface PersonEntry {
  kind: "person";
  key: string;
  at: number;
  text: string;
  images: readonly Picture[];
  delivery: Delivery;
}

export type Delivery =
  | { state: "sent" }
  /** On its way, or waiting for the gateway to come back. */
  | { state: "waiting" }
  | { state: "refused"; reason: string };

export interface AssistantEntry {
  kind: "assistant";
  key: string;
  at: number;
  parts: readonly Part[];
  /** More of it is to come. */
  isLive: boolean;
  /** Why it ended badly, in the gateway's words. */
  problem?: string;
  wasStopped: boolean;
}

export interface NoticeEntry {
  kind: "notice";
  key: string;
  at: number;
  text: string;
}

export type Part =
  | { kind: "text"; text: string }
  | { kind: "thinking"; text: string }
  | { kind: "picture"; picture: Picture }
  | { kind: "tool"; call: ToolCall };

export interface ToolCall {
  id: string;
  name: string;
  args: unknown;
  /** The call in one line. */
  summary: string;
  state: "running" | "done" | "failed";
  output: string;
  images: readonly Picture[];
}

export interface Picture {
  mimeType: string;
  /** Base64. */
  data: string;
}

/** All text of an assistant's entry, as two of them are compared. */
export function textOf(parts: readonly Part[]): string {
  return parts
    .filter((part) => part.kind === "text")
    .map((part) => part.text.trim())
    .join("\n")
    .trim();
}
