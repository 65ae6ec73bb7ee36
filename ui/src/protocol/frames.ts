// The words of the gateway's WebSocket protocol, version 3, as far as this page uses them.
//
// Only what is read is typed; everything else of a frame passes unseen.

export const PROTOCOL = 3;
/** The gateway closes a connection that sends a longer message. */
export const MOST_FRAME_BYTES = 512 * 1024;

export interface WireError {
  code: string;
  message: string;
}

export type Frame =
  | { type: "res"; id: string; ok: true; payload?: unknown }
  | { type: "res"; id: string; ok: false; error?: WireError; payload?: unknown }
  | { type: "event"; event: string; payload?: unknown; seq?: number };

export interface Hello {
  server: { version: string; connId: string };
  snapshot: {
    sessionDefaults?: { defaultAgentId: string; mainKey: string; mainSessionKey: string };
  };
  auth?: { deviceToken: string };
  policy: { tickIntervalMs: number };
}

export interface SendParams {
  sessionKey: string;
  message: string;
  idempotencyKey: string;
  deliver: false;
  attachments?: Attachment[];
}

export interface Attachment {
  type: "image";
  mimeType: string;
  fileName: string;
  /** Base64. */
  content: string;
}

export interface SendReply {
  runId?: string;
  status?: "started" | "in_flight" | "ok";
  /** The message was a stop word. */
  aborted?: boolean;
}

export interface HistoryPage {
  messages: WireMessage[];
  /** Where the page before this one ends; nothing when there is none. */
  before?: string;
}

export interface SessionRow {
  key: string;
  label?: string;
  displayName?: string;
  derivedTitle?: string;
  lastMessagePreview?: string;
  channel?: string;
  updatedAt: number | null;
}

export interface SessionsReply {
  sessions: SessionRow[];
}

/** A part of a message, as a transcript keeps it. */
export interface WirePart {
  type: string;
  text?: string;
  thinking?: string;
  data?: string;
  mimeType?: string;
  id?: string;
  name?: string;
  arguments?: unknown;
}

export interface WireMessage {
  role: string;
  content?: string | WirePart[];
  timestamp?: number;
  stopReason?: string;
  errorMessage?: string;
  model?: string;
  toolCallId?: string;
  toolName?: string;
  isError?: boolean;
}

export interface ChatEvent {
  runId: string;
  sessionKey: string;
  state: "delta" | "final" | "aborted" | "error";
  message?: WireMessage;
  errorMessage?: string;
}

export interface AgentEvent {
  runId: string;
  sessionKey?: string;
  stream: string;
  ts: number;
  data: {
    phase?: string;
    text?: string;
    name?: string;
    toolCallId?: string;
    args?: unknown;
    meta?: string;
    isError?: boolean;
    result?: unknown;
    partialResult?: unknown;
  };
}

/** Reads a frame of the gateway; anything else is nothing. */
export function readFrame(text: string): Frame | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const frame = value as Record<string, unknown>;
  const isResponse = frame["type"] === "res" && typeof frame["id"] === "string" && typeof frame["ok"] === "boolean";
  const isEvent = frame["type"] === "event" && typeof frame["event"] === "string";
  return isResponse || isEvent ? (value as Frame) : undefined;
}

/** How many bytes a text takes on the wire. */
export function wireBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
