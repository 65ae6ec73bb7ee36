import { describe, expect, it } from "vitest";

import { Heights } from "./heights";
import { lastWindow, windowOf } from "./window";

function list(count: number): Heights {
  const heights = new Heights(100);
  heights.keys = Array.from({ length: count }, (_, index) => `e${index}`);
  return heights;
}

describe("heights", () => {
  it("are guessed until they are measured", () => {
    const heights = list(10);
    expect(heights.total).toBe(1000);
    expect(heights.measure("e0", 40)).toBe(true);
    expect(heights.measure("e0", 40.2)).toBe(false);
    expect(heights.start(1)).toBe(40);
    expect(heights.total).toBe(940);
  });

  it("find the entry at a place", () => {
    const heights = list(5000);
    expect(heights.at(0)).toBe(0);
    expect(heights.at(99)).toBe(0);
    expect(heights.at(100)).toBe(1);
    expect(heights.at(499_999)).toBe(4999);
    expect(heights.at(9_999_999)).toBe(4999);
    expect(heights.at(-5)).toBe(0);
  });

  it("stay with their entries when older ones come before them", () => {
    const heights = list(3);
    heights.measure("e0", 10);
    heights.keys = ["older", "e0", "e1", "e2"];
    expect(heights.start(2) - heights.start(1)).toBe(10);
  });

  it("are guessed anew from what was measured", () => {
    const heights = list(100);
    for (let index = 0; index < 10; index += 1) heights.measure(`e${index}`, 50);
    expect(heights.total).toBe(5000);
    heights.forget();
    expect(heights.total).toBe(10_000);
  });
});

describe("the window", () => {
  it("is a small part of a long list, with room for the rest", () => {
    const heights = list(5000);
    const window = windowOf(heights, 250_000, 800);
    expect(window.end - window.first).toBeLessThan(30);
    expect(window.first).toBeLessThanOrEqual(2500);
    expect(window.end).toBeGreaterThan(2508);
    expect(window.before + window.after + (window.end - window.first) * 100).toBe(500_000);
  });

  it("ends with the last entry at the end", () => {
    const window = lastWindow(list(5000), 800);
    expect(window.end).toBe(5000);
    expect(window.after).toBe(0);
  });

  it("is empty for an empty list and whole for a short one", () => {
    expect(windowOf(list(0), 0, 800)).toEqual({ first: 0, end: 0, before: 0, after: 0 });
    expect(windowOf(list(3), 0, 800)).toEqual({ first: 0, end: 3, before: 0, after: 0 });
  });
});
