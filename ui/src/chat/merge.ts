// Puts together what the transcript says and what this page has seen happen.
//
// What was seen first (a message just sent, an answer that streamed) appears in the transcript a moment later. It must
// then be shown once, and under the key it had, because the reader's place hangs on it. What never appears there (the
// answer to a command) stays where it was said.

import { textOf, type Entry } from "./entry";

/** Clocks of two machines differ, and an answer may be written down with the time of its question. */
const CLOCK_SKEW_MS = 60_000;

export class Merge {
  /** The key under which an entry of the transcript is shown. */
  readonly #shownAs = new Map<string, string>();
  readonly #written = new Set<string>();

  /** Entries in reading order; each seen one once, in the transcript's words when it has them. */
  together(written: readonly Entry[], seen: readonly Entry[]): Entry[] {
    let free = written.filter((entry) => !this.#shownAs.has(entry.key));
    const claim = (fits: (written: Entry, seen: Entry) => boolean): void => {
      for (const entry of seen) {
        if (this.#written.has(entry.key)) continue;
        const found = free.find((candidate) => isLaterOrSkewed(candidate, entry) && fits(candidate, entry));
        if (found === undefined) continue;
        free = free.filter((candidate) => candidate !== found);
        this.#shownAs.set(found.key, entry.key);
        this.#written.add(entry.key);
      }
    };
    if (free.length > 0) {
      claim(isSame);
      claim(isSameTurn);
      this.#joined(free, seen);
      // The rest was there on its own: nothing seen later can be the same.
      for (const entry of free) if (!this.#shownAs.has(entry.key)) this.#shownAs.set(entry.key, entry.key);
    }
    const renamed = written.map((entry) => {
      const key = this.#shownAs.get(entry.key) ?? entry.key;
      return key === entry.key ? entry : { ...entry, key };
    });
    return insert(renamed, seen.filter((entry) => !this.#written.has(entry.key)));
  }

  /** What waited for an answer to end is written down as one message. */
  #joined(free: readonly Entry[], seen: readonly Entry[]): void {
    for (const entry of seen) {
      if (entry.kind !== "person" || entry.delivery.state !== "sent" || this.#written.has(entry.key)) continue;
      const whole = free.find((one) => one.kind === "person" && isLaterOrSkewed(one, entry) && one.text.includes(entry.text.trim()));
      if (whole === undefined) continue;
      if (!this.#shownAs.has(whole.key)) this.#shownAs.set(whole.key, entry.key);
      this.#written.add(entry.key);
    }
  }

  /** Whether the transcript has it by now. */
  isWritten(key: string): boolean {
    return this.#written.has(key);
  }
}

function isLaterOrSkewed(written: Entry, seen: Entry): boolean {
  return written.at >= seen.at - CLOCK_SKEW_MS;
}

function isSame(written: Entry, seen: Entry): boolean {
  if (written.kind === "person" && seen.kind === "person") return written.text.trim() === seen.text.trim();
  if (written.kind !== "assistant" || seen.kind !== "assistant") return false;
  const calls = toolIds(seen);
  if (calls.length > 0) return calls.some((id) => toolIds(written).includes(id));
  return textOf(seen.parts) === textOf(written.parts);
}

/** A stopped answer, or one that was tidied while it streamed, is written down in other words. */
function isSameTurn(written: Entry, seen: Entry): boolean {
  return written.kind === "assistant" && seen.kind === "assistant" && seen.key.startsWith("run:") && !seen.isLive;
}

function toolIds(entry: Entry): string[] {
  if (entry.kind !== "assistant") return [];
  return entry.parts.flatMap((part) => (part.kind === "tool" ? [part.call.id] : []));
}

/** Each of the unwritten after the last written one that is not later. */
function insert(written: readonly Entry[], unwritten: readonly Entry[]): Entry[] {
  const entries = [...written];
  for (const entry of unwritten) {
    let at = entries.length;
    while (at > 0 && (entries[at - 1]?.at ?? 0) > entry.at) at -= 1;
    entries.splice(at, 0, entry);
  }
  return entries;
}
