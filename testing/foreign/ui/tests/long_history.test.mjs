// A conversation of 5,000 messages: there at once, and only what is seen of it is in the page.
// @ts-check

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { closeBrowser, onStage } from "../src/stage.mjs";
import { longTalk, writeTranscript } from "../src/transcript.mjs";

const MESSAGES = 5000;
const FIRST_PAINT_MS = 200;
/** A busy machine needs several; a page that draws too much is late in all of them. */
const VISITS = 20;

after(closeBrowser);

/** Notes when the first message was in the page and painted. @param {import("playwright-core").Page} page */
const watchFirstMessage = (page) =>
  page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (document.querySelector(".entry") === null) return;
      observer.disconnect();
      requestAnimationFrame(() => {
        const painted = new MessageChannel();
        painted.port1.onmessage = () => (/** @type {any} */ (window).firstMessageAt = performance.now());
        painted.port2.postMessage(0);
      });
    }).observe(document, { childList: true, subtree: true });
  });

test("the last messages of 5,000 are painted within 200 ms of opening the page", onStage(
  { seed: (state) => writeTranscript(state, longTalk(MESSAGES)), before: watchFirstMessage },
  async ({ page }) => {
    const visits = [];
    let fastest = Infinity;
    for (let visit = 0; visit < VISITS && fastest >= FIRST_PAINT_MS; visit += 1) {
      await page.reload();
      await page.waitForFunction(() => /** @type {any} */ (window).firstMessageAt !== undefined);
      visits.push(
        await page.evaluate(() => ({
          paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Infinity,
          message: /** @type {any} */ (window).firstMessageAt,
        })),
      );
      fastest = Math.min(...visits.map(({ paint, message }) => Math.max(paint, message)));
    }
    console.log("first paint / first message, ms:", visits.map(({ paint, message }) => `${paint.toFixed(0)} / ${message.toFixed(0)}`).join(", "));
    await page.getByText("Answer 4999.").waitFor();
    assert.ok(fastest < FIRST_PAINT_MS, `${fastest} ms`);
  },
));

test("only what is on the screen is in the page, wherever the reader is", onStage(
  { seed: (state) => writeTranscript(state, longTalk(MESSAGES)) },
  async ({ page }) => {
    await page.getByText("Answer 4999.").waitFor();
    await page.getByText("Older messages are in the transcript on disk.").waitFor({ state: "attached" });
    const scroller = page.getByRole("region", { name: "Messages" });
    await scroller.focus();
    for (const key of ["Home", "PageDown", "PageDown", "End"]) {
      await page.keyboard.press(key);
      // Two frames: the scrolling, and what the page makes of it.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      const { count, blank } = await scroller.evaluate((element) => {
        const entries = [...element.querySelectorAll(".entry")].map((entry) => entry.getBoundingClientRect());
        const frame = element.getBoundingClientRect();
        const seen = entries.filter((rect) => rect.bottom > frame.top && rect.top < frame.bottom);
        return { count: entries.length, blank: seen.length === 0 };
      });
      assert.ok(count < 60, `${count} messages in the page after ${key}`);
      assert.ok(!blank, `nothing to be seen after ${key}`);
    }
    await page.getByText("Answer 4999.").waitFor();
  },
));

test("even all 5,000 messages at once are a small part of the page", onStage(
  {
    before: async (page) => {
      // The gateway tells the last 1,000; a page that stays open for long may hold any number.
      const messages = longTalk(MESSAGES).map((message, number) => ({ ...message, timestamp: 1_769_241_600_000 + number * 1000 }));
      await page.routeWebSocket(/./, (socket) => {
        const server = socket.connectToServer();
        /** @type {Set<string>} */
        const asked = new Set();
        socket.onMessage((text) => {
          const frame = JSON.parse(String(text));
          if (frame.method === "chat.history") asked.add(frame.id);
          server.send(text);
        });
        server.onMessage((text) => {
          const frame = JSON.parse(String(text));
          if (!asked.has(frame.id)) return socket.send(text);
          socket.send(JSON.stringify({ ...frame, payload: { ...frame.payload, messages } }));
        });
      });
    },
  },
  async ({ page }) => {
    await page.getByText("Answer 4999.").waitFor();
    const scroller = page.getByRole("region", { name: "Messages" });
    await scroller.focus();
    await page.keyboard.press("Home");
    await page.getByText("Question 0:").waitFor();
    assert.ok((await page.locator(".entry").count()) < 60);
    const entries = await page.evaluate(async () => {
      const element = /** @type {HTMLElement} */ (document.querySelector(".scroller"));
      for (let part = 1; part <= 20; part += 1) {
        element.scrollTop = (element.scrollHeight * part) / 20;
        await new Promise((done) => requestAnimationFrame(done));
      }
      return document.querySelectorAll(".entry").length;
    });
    assert.ok(entries < 60, `${entries} messages in the page`);
  },
));
