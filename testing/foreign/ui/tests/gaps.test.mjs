// Events that do not arrive, and windows that did not ask: the page shows what is so all the same.
// @ts-check

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { place } from "../src/frames.mjs";
import { closeBrowser, onStage } from "../src/stage.mjs";
import { longTalk, writeTranscript } from "../src/transcript.mjs";

after(closeBrowser);

/** Which events the gateway seems to skip for this page. @type {(frame: any) => boolean} */
let isSkipped = () => false;

/** @param {import("playwright-core").Page} page */
const skipping = async (page) => {
  isSkipped = () => false;
  await page.routeWebSocket(/./, (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      const frame = JSON.parse(String(message));
      if (frame.type !== "event" || !isSkipped(frame)) socket.send(message);
    });
  });
};

test("after a gap the page reads what it missed, and draft, place and the answer that streams stay", onStage(
  { seed: (state) => writeTranscript(state, longTalk(200)), before: skipping },
  async ({ page, model, gateway }) => {
    await page.getByText("Answer 199.").waitFor();
    const field = page.getByRole("textbox", { name: "Message" });
    await field.fill("Tell me a story.");
    await field.press("Enter");
    const answer = await model.asked();
    answer.say("It was night.");
    await page.getByText("It was night.").waitFor();
    await field.fill("half a thought");
    await page.mouse.move(500, 300);
    await page.mouse.wheel(0, -1500);
    await page.getByRole("button", { name: "Newest" }).waitFor();
    const before = await place(page);

    // A note that another program writes into the conversation, and whose announcement never comes.
    isSkipped = ({ event, payload }) => event === "chat" && payload.runId.startsWith("inject-");
    await gateway.call("chat.inject", { sessionKey: "main", message: "A note from elsewhere." });
    answer.say(" And it rained.");
    await page.waitForFunction(() => JSON.stringify(/** @type {any} */ (document.querySelector("message-list")).entries).includes("A note from elsewhere."));
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    assert.deepEqual(await place(page), before);
    assert.equal(await field.inputValue(), "half a thought");
    await page.getByRole("button", { name: "Newest" }).click();
    await page.getByText("A note from elsewhere.").waitFor();
    await page.getByText("It was night. And it rained.").waitFor();
    await page.getByRole("button", { name: "Stop" }).waitFor();
    answer.end();
    await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
    assert.equal(await page.getByText("It was night. And it rained.").count(), 1);
  },
));

test("an answer whose end was not heard is not waited for", onStage({ before: skipping }, async ({ page, model, gateway }) => {
  await page.getByText("What shall we do?").waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill("Tell me.");
  await page.keyboard.press("Enter");
  const answer = await model.asked();
  answer.say("It all began");
  await page.getByText("It all began").waitFor();
  /** @type {() => void} */
  let ended = () => {};
  const end = new Promise((happened) => (ended = () => happened(undefined)));
  isSkipped = ({ event, payload }) => {
    if (event === "chat" && payload.state === "final") ended();
    return event === "chat" || event === "agent";
  };
  answer.say(", and it ended.").end();
  await end;
  isSkipped = () => false;
  await gateway.call("system-event", { text: "somebody came" });
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  await page.getByText("It all began, and it ended.").waitFor();
  assert.equal(await page.getByRole("article", { name: "Assistant" }).count(), 1);
}));

test("two windows on one conversation show the same, whoever writes", onStage({}, async ({ page, model, gateway }) => {
  await page.getByText("What shall we do?").waitFor();
  const other = await page.context().newPage();
  await other.goto(gateway.origin);
  await other.getByText("What shall we do?").waitFor();
  const windows = [page, other];
  for (const [number, writer] of windows.entries()) {
    await writer.getByRole("textbox", { name: "Message" }).fill(`Question ${number}`);
    await writer.keyboard.press("Enter");
    const answer = await model.asked();
    answer.say(`Answer ${number}`);
    for (const window of windows) {
      await window.getByText(`Answer ${number}`).waitFor();
      await window.getByText(`Question ${number}`).waitFor();
    }
    answer.say(", complete.").end();
    for (const window of windows) await window.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  }
  const said = ["Question 0", "Answer 0, complete.", "Question 1", "Answer 1, complete."];
  for (const window of windows) {
    await window.getByText("Answer 1, complete.").waitFor();
    const shown = await window.getByRole("article").evaluateAll((all) => all.map((one) => one.querySelector(".said, .markdown")?.textContent?.trim()));
    assert.deepEqual(shown, said);
  }
}));
