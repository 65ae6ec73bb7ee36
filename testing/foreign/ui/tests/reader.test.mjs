// A reader who scrolled up stays on their line, whatever arrives below; a reader at the end follows.
// @ts-check

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { place } from "../src/frames.mjs";
import { closeBrowser, onStage } from "../src/stage.mjs";
import { longTalk, writeTranscript } from "../src/transcript.mjs";

after(closeBrowser);

/** How far the end is below the screen. @param {import("playwright-core").Page} page */
const belowScreen = (page) =>
  page.evaluate(() => {
    const scroller = /** @type {HTMLElement} */ (document.querySelector(".scroller"));
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
  });

/** Says something, and waits until the page has been told and has drawn it. @param {import("playwright-core").Page} page */
async function arrives(page, /** @type {import("../src/model.mjs").Answer} */ answer, /** @type {string} */ text, mark = text) {
  const told = page.waitForFunction((mark) => /** @type {any} */ (window).told?.includes(mark), mark);
  answer.say(text);
  await told;
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** Keeps what the gateway told the page. @param {import("playwright-core").Page} page */
const listen = (page) =>
  page.addInitScript(() => {
    /** @type {any} */ (window).told = "";
    const Real = WebSocket;
    window.WebSocket = class extends Real {
      /** @param {string} url */
      constructor(url) {
        super(url);
        this.addEventListener("message", ({ data }) => (/** @type {any} */ (window).told += data));
      }
    };
  });

for (const [where, distance] of /** @type {[string, number][]} */ ([["just above the end", 500], ["far above the end", 4000]])) {
  test(`text that arrives does not move a reader who scrolled up to ${where}`, onStage(
    { seed: (state) => writeTranscript(state, longTalk(400)), before: listen },
    async ({ page, model }) => {
      await page.getByText("Answer 399.").waitFor();
      await page.getByRole("textbox", { name: "Message" }).fill("Tell me a long story.");
      await page.keyboard.press("Enter");
      const answer = await model.asked();
      await arrives(page, answer, `Once upon a time.\n\n${"It was long ago. ".repeat(300)}`, "Once upon a time.");
      await page.getByText("Once upon a time.").waitFor();
      assert.ok((await belowScreen(page)) < 2, "the reader at the end follows");

      await page.mouse.move(500, 300);
      await page.mouse.wheel(0, -distance);
      await page.getByRole("button", { name: "Newest" }).waitFor();
      const before = await place(page);
      for (let part = 1; part <= 12; part += 1) {
        await arrives(page, answer, `\n\nPart ${part} of the story, ${"which goes on and on ".repeat(20)}.`, `Part ${part} of`);
        assert.deepEqual(await place(page), before, `after part ${part}`);
      }
      answer.end();
      await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
      assert.deepEqual(await place(page), before, "after the end");

      await page.getByRole("button", { name: "Newest" }).click();
      await page.getByText("Part 12 of the story").waitFor();
      assert.ok((await belowScreen(page)) < 2);
    },
  ));
}

/** The page of older messages: when it was asked for, and what lets it through. */
const older = { asked: Promise.resolve(), go: () => {} };

test("older messages that load above a reader do not move them", onStage(
  {
    seed: (state) => writeTranscript(state, longTalk(1200)),
    before: async (page) => {
      const released = new Promise((go) => (older.go = () => go(undefined)));
      let ask = () => {};
      older.asked = new Promise((asked) => (ask = asked));
      await page.routeWebSocket(/./, (socket) => {
        const server = socket.connectToServer();
        let held = "";
        socket.onMessage((text) => {
          const { method, id, params } = JSON.parse(String(text));
          if (method === "chat.history.before" && params.before !== undefined) {
            held = id;
            ask();
          }
          server.send(text);
        });
        server.onMessage(async (text) => {
          if (held !== "" && JSON.parse(String(text)).id === held) await released;
          socket.send(text);
        });
      });
    },
  },
  async ({ page }) => {
    await page.getByText("Answer 1199.").waitFor();
    await page.mouse.move(500, 300);
    await page.mouse.wheel(0, -20_000);
    await older.asked;
    await page.waitForFunction(() => document.querySelector(".scroller")?.scrollTop === 0);
    await page.mouse.wheel(0, 300);
    await page.waitForFunction(() => document.querySelector(".scroller")?.scrollTop === 300);
    const before = await place(page);
    const height = await page.evaluate(() => document.querySelector(".scroller")?.scrollHeight ?? 0);
    older.go();
    await page.waitForFunction((height) => (document.querySelector(".scroller")?.scrollHeight ?? 0) > 3 * height, height);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    assert.deepEqual(await place(page), before);
  },
));

test("scrolling up through messages never seen before moves them by what the wheel says", onStage(
  { seed: (state) => writeTranscript(state, longTalk(1000)) },
  async ({ page }) => {
    await page.getByText("Answer 999.").waitFor();
    await page.mouse.move(500, 300);
    for (let turn = 0; turn < 25; turn += 1) {
      const moved = await page.evaluate(async () => {
        const scroller = /** @type {HTMLElement} */ (document.querySelector(".scroller"));
        const edge = scroller.getBoundingClientRect().top;
        const entry = /** @type {HTMLElement} */ ([...scroller.querySelectorAll(".entry")].find((one) => one.getBoundingClientRect().bottom > edge));
        const before = entry.getBoundingClientRect().top;
        scroller.scrollTop -= 300;
        for (let frame = 0; frame < 3; frame += 1) await new Promise((done) => requestAnimationFrame(done));
        return entry.isConnected ? Math.round(entry.getBoundingClientRect().top - before) : undefined;
      });
      assert.equal(moved, 300, `turn ${turn}`);
    }
  },
));

test("a reader at the end follows what arrives until the last word", onStage({}, async ({ page, model }) => {
  await page.getByText("What shall we do?").waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill("Go on.");
  await page.keyboard.press("Enter");
  const answer = await model.asked();
  for (let part = 1; part <= 30; part += 1) {
    answer.say(`Line ${part} of many.\n\n`);
    await page.getByText(`Line ${part} of many.`).waitFor();
  }
  answer.end();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  assert.ok(await page.getByText("Line 30 of many.").isVisible());
  assert.ok((await belowScreen(page)) < 2);
}));

test("a reader inside an answer stays there when it ends", onStage({}, async ({ page, model }) => {
  await page.getByText("What shall we do?").waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill("A long one.");
  await page.keyboard.press("Enter");
  const answer = await model.asked();
  answer.say(Array.from({ length: 60 }, (_, line) => `Paragraph ${line} of it.`).join("\n\n"));
  await page.getByText("Paragraph 59 of it.").waitFor();
  await page.mouse.move(500, 300);
  await page.mouse.wheel(0, -600);
  await page.getByRole("button", { name: "Newest" }).waitFor();
  const before = await place(page);
  answer.say("\n\nThe end.").end();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  assert.deepEqual(await place(page), before);
}));
