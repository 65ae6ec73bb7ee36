// What a person does with the page: reads, asks, watches, stops, begins anew.
// @ts-check

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { closeBrowser, onStage } from "../src/stage.mjs";
import { assistant, person, toolCall, toolResult, writeTranscripts } from "../src/transcript.mjs";

after(closeBrowser);

test("the address with the one-time code lets the page in, and the code leaves the address", onStage({}, async ({ page, gateway }) => {
  await page.getByText("What shall we do?").waitFor();
  assert.equal(page.url(), `${gateway.origin}/`);
  await page.reload();
  await page.getByText("What shall we do?").waitFor();
}));
