// Names of sessions: what a person reads, and the key of a new one.

import { randomId } from "./random_id";
import type { SessionRow } from "../protocol/frames";

export function titleOf(row: Pick<SessionRow, "key" | "label" | "displayName" | "derivedTitle">, mainKey: string): string {
  if (row.label) return row.label;
  if (row.key === mainKey) return "Main";
  return withoutMessageId(row.derivedTitle ?? "") || row.displayName || nameInKey(row.key);
}

/** The first and last words of a session as they were typed: for the model, an id may stand behind them. */
export function withoutMessageId(text: string): string {
  return text.replace(/\s*\[message_id:[^\]]*(\]|$)/g, "");
}

/** `agent:main:web-1f2e` → `web-1f2e`. */
function nameInKey(key: string): string {
  const [kind, , ...rest] = key.split(":");
  return kind === "agent" && rest.length > 0 ? rest.join(":") : key;
}

export function newSessionKey(agentId: string, random: string = randomId()): string {
  return `agent:${agentId}:web-${random.slice(0, 8)}`;
}

/** Sessions that this page began: it may set them up to its own taste. */
export function isOwn(key: string): boolean {
  return /^agent:[^:]+:web-[0-9a-f]{8}$/.test(key);
}

/** Whether every word of the search is in the session's words. */
export function matches(row: SessionRow, title: string, search: string): boolean {
  const words = `${title} ${row.key} ${row.lastMessagePreview ?? ""} ${row.channel ?? ""}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => words.includes(word));
}
