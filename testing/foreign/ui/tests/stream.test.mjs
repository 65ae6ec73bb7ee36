// An answer that grows to the length of a book is shown as smoothly at its end as at its beginning.
// @ts-check

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { pieceCost } from "../src/figures.mjs";
import { LONG_ANSWERS } from "../src/scene.mjs";
import { closeBrowser, onStage } from "../src/stage.mjs";

/** Between two drawings of a screen that draws 60 a second. */
const FRAME_MS = 1000 / 60;

after(closeBrowser);

for (const [kind, answer] of Object.entries(LONG_ANSWERS)) {
  test(`a piece of an answer of ${kind} costs less than a frame`, onStage({}, async (stage) => {
    await stage.page.getByText("What shall we do?").waitFor();
    const cost = await pieceCost(stage, answer);
    console.log(`a piece of 200 KB of ${kind}: ${cost.toFixed(1)} ms`);
    assert.ok(cost < FRAME_MS, `${cost} ms`);
  }));
}
