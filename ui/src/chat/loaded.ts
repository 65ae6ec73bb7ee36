// The messages of a session that were loaded so far, oldest first.
//
// The gateway tells the last so many; after an answer only the newest are asked for and joined to what is here.

import type { WireMessage } from "../protocol/frames";

/** Known messages with the newest joined to them; nothing when they do not overlap and all must be loaded again. */
export function joined(known: readonly WireMessage[], newest: readonly WireMessage[]): WireMessage[] | undefined {
  const first = newest[0];
  if (first === undefined) return known.length === 0 ? [] : undefined;
  for (let at = known.length - 1; at >= 0; at -= 1) {
    const candidate = known[at];
    if (candidate !== undefined && isSame(candidate, first)) return [...known.slice(0, at), ...newest];
  }
  return undefined;
}

function isSame(one: WireMessage, other: WireMessage): boolean {
  return (
    one.role === other.role &&
    one.timestamp === other.timestamp &&
    one.toolCallId === other.toolCallId &&
    JSON.stringify(one.content) === JSON.stringify(other.content)
  );
}
