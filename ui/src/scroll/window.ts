// Which part of a long list is on the screen, and so must be in the page.

import type { Heights } from "./heights";

export interface Window {
  /** The first entry that is shown. */
  first: number;
  /** The one behind the last that is shown. */
  end: number;
  /** Room for those before and behind. */
  before: number;
  after: number;
}

/** How much is kept ready beyond each edge. */
const OVERSCAN = 600;

export function windowOf(heights: Heights, scrollTop: number, viewport: number): Window {
  const count = heights.keys.length;
  if (count === 0) return { first: 0, end: 0, before: 0, after: 0 };
  const first = heights.at(Math.max(0, scrollTop - OVERSCAN));
  const end = heights.at(scrollTop + viewport + OVERSCAN) + 1;
  return { first, end, before: heights.start(first), after: heights.total - heights.start(end) };
}

/** The window at the end of the list. */
export function lastWindow(heights: Heights, viewport: number): Window {
  return windowOf(heights, Math.max(0, heights.total - viewport), viewport);
}

export function isSame(one: Window, other: Window): boolean {
  return one.first === other.first && one.end === other.end;
}
