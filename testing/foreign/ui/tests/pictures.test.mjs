// Pictures: pasted, dropped and chosen, made small enough, seen by the model and in the conversation.
// @ts-check

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { closeBrowser, onStage } from "../src/stage.mjs";

const FRAME_BYTES = 512 * 1024;

after(closeBrowser);

/**
 * Hands files to the page as a paste or a drop does; each is noise, which no format makes small.
 * @param {import("playwright-core").Page} page @param {"paste" | "drop"} how @param {number} count @param {number} edge
 */
const hand = (page, how, count, edge) =>
  page.evaluate(
    async ({ how, count, edge }) => {
      const data = new DataTransfer();
      for (let number = 0; number < count; number += 1) {
        const canvas = new OffscreenCanvas(edge, edge);
        const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
        const pixels = context.createImageData(edge, edge);
        for (let at = 0; at < pixels.data.length; at += 65_536) crypto.getRandomValues(pixels.data.subarray(at, at + 65_536));
        context.putImageData(pixels, 0, 0);
        data.items.add(new File([await canvas.convertToBlob({ type: "image/png" })], `noise-${number}.png`, { type: "image/png" }));
      }
      const target = /** @type {Element} */ (document.querySelector("textarea"));
      const event =
        how === "paste"
          ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })
          : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
      target.dispatchEvent(event);
    },
    { how, count, edge },
  );

/** The pictures in a request. @param {any} request @returns {string[]} */
const picturesIn = (request) =>
  request.messages.flatMap((/** @type {any} */ message) =>
    Array.isArray(message.content)
      ? message.content.filter((/** @type {any} */ part) => part.type === "image_url").map((/** @type {any} */ part) => part.image_url.url)
      : [],
  );

test("a large pasted picture is made small, sent, seen by the model and shown", onStage({}, async ({ page, model }) => {
  await page.getByText("What shall we do?").waitFor();
  /** @type {number[]} */
  const sent = [];
  page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(payload.length)));
  await page.reload();
  await page.getByText("What shall we do?").waitFor();
  await hand(page, "paste", 1, 1600);
  await page.getByRole("button", { name: "Remove noise-0.png" }).waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill("What is this?");
  await page.keyboard.press("Enter");
  const answer = await model.asked();
  const [picture] = picturesIn(answer.request);
  assert.match(picture ?? "", /^data:image\/jpeg;base64,/);
  answer.say("Noise.").end();
  await page.getByText("Noise.").waitFor();
  assert.ok(Math.max(...sent) < FRAME_BYTES, `${Math.max(...sent)} bytes in a frame`);
  assert.ok(Math.max(...sent) > FRAME_BYTES / 4, "the picture was not made smaller than it must be");
  const shown = page.getByRole("img", { name: "Attached picture" });
  await page.reload();
  await shown.waitFor();
  assert.ok(await shown.evaluate((image) => /** @type {HTMLImageElement} */ (image).naturalWidth > 100));
}));

test("several dropped pictures share the room of one message", onStage({}, async ({ page, model }) => {
  await page.getByText("What shall we do?").waitFor();
  await hand(page, "drop", 3, 700);
  await page.getByRole("button", { name: "Remove noise-2.png" }).waitFor();
  await page.getByRole("button", { name: "Remove noise-1.png" }).click();
  await page.getByRole("button", { name: "Send" }).click();
  const answer = await model.asked();
  assert.equal(picturesIn(answer.request).length, 2);
  answer.say("Two of them.").end();
  await page.getByText("Two of them.").waitFor();
}));

test("a file that is no picture is named and not sent", onStage({}, async ({ page }) => {
  await page.getByText("What shall we do?").waitFor();
  await page.locator("input[type=file]").setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("hi") });
  await page.getByText("notes.txt is no picture that can be sent.").waitFor();
  assert.equal(await page.getByRole("button", { name: /^Remove/ }).count(), 0);
}));
