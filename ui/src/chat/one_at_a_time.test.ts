import { expect, it } from "vitest";

import { OneAtATime } from "./one_at_a_time";

it("serves all who ask while it works by one more turn", async () => {
  const ends: (() => void)[] = [];
  const reading = new OneAtATime(() => new Promise((end) => ends.push(end)));
  const first = reading.ask();
  const later = [reading.ask(), reading.ask()];
  expect(ends).toHaveLength(1);
  ends[0]?.();
  await Promise.resolve();
  await Promise.resolve();
  expect(ends).toHaveLength(2);
  ends[1]?.();
  await Promise.all([first, ...later]);
  expect(ends).toHaveLength(2);
});
