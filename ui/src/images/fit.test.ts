import { expect, it } from "vitest";

import { MOST_FRAME_BYTES } from "../protocol/frames";
import { attempts, budget, isFit } from "./fit";

it("leaves room for text and frame, shared by all pictures", () => {
  expect(budget("hi", 1)).toBeLessThan(MOST_FRAME_BYTES);
  expect(budget("hi", 4) * 4).toBeLessThan(budget("hi", 1));
  expect(budget("ü".repeat(300_000), 1)).toBeLessThan(0);
});

it("tries smaller and smaller sizes of the same shape", () => {
  const made = attempts(4000, 2000);
  expect(made[0]).toEqual({ width: 1568, height: 784, quality: 0.88 });
  expect(made.at(-1)?.width).toBeLessThan(100);
  for (const { width, height } of made) expect(width / height).toBeCloseTo(2, 0);
});

it("does not enlarge small pictures", () => {
  expect(attempts(100, 50)[0]).toMatchObject({ width: 100, height: 50 });
});

it("leaves alone what fits", () => {
  expect(isFit("image/png", 1000, 100, 100, 5000)).toBe(true);
  expect(isFit("image/png", 9000, 100, 100, 5000)).toBe(false);
  expect(isFit("image/png", 1000, 3000, 100, 5000)).toBe(false);
  expect(isFit("image/bmp", 1000, 100, 100, 5000)).toBe(false);
});
