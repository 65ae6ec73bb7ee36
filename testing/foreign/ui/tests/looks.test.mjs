// How the page looks: nothing sticks out on a phone, and nobody is shut out, in whatever state the page is.
// @ts-check

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, test } from "node:test";

import { sticksOut } from "../src/frames.mjs";
import { states, TICKET, writeScene } from "../src/scene.mjs";
import { closeBrowser, onStage } from "../src/stage.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

after(closeBrowser);

/** What axe-core finds wrong. @param {import("playwright-core").Page} page */
async function violations(page) {
  // In a world of its own, where the page's policy against foreign scripts does not reach.
  await page.evaluate(AXE);
  const found = await page.evaluate(() => /** @type {any} */ (window).axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((/** @type {any} */ one) => `${one.id}: ${one.nodes.map((/** @type {any} */ node) => node.html).join(" | ")}`);
}

/** Nothing is beyond the edge of the screen. */
const NOTHING = { elements: [], isScrollable: false, isMainScrollable: false };

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`axe-core finds nothing wrong in any state at rest, ${colorScheme}`, onStage({ seed: writeScene, context: { colorScheme } }, async ({ page }) => {
    await states(page, async (name) => assert.deepEqual(await violations(page), [], name));
  }));

  test(`axe-core finds nothing wrong while things happen, on a phone too, ${colorScheme}`, onStage({ seed: writeScene, context: { colorScheme } }, async ({ page, model, gateway }) => {
    await happenings({ page, model, gateway }, async (name) => {
      assert.deepEqual(await violations(page), [], name);
      await page.setViewportSize({ width: 360, height: 640 });
      assert.deepEqual(await sticksOut(page), NOTHING, name);
      await page.setViewportSize({ width: 1000, height: 800 });
    });
  }));
}

/**
 * Everything that passes: an answer under way with a tool at work, a picture to be sent, a refusal, a gateway that is away.
 * @param {Pick<import("../src/stage.mjs").Stage, "page" | "model" | "gateway">} stage @param {(name: string) => Promise<void>} look
 */
async function happenings({ page, model, gateway }, look) {
  await page.getByText("time for a coffee").waitFor();
  const field = page.getByRole("textbox", { name: "Message" });
  await page.getByRole("button", { name: "New conversation" }).click();
  await field.fill("Go.");
  await field.press("Enter");
  const first = await model.asked();
  await page.getByRole("img", { name: "thinking" }).waitFor();
  await look("thinking");
  first.say("Let me look. ").call("exec", { command: "sleep 60; echo a-command-that-is-too-long-for-a-line-of-a-phone" }).end();
  await page.locator('details.tool[data-state="running"]').waitFor();
  await look("a tool at work");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  await look("stopped");
  await field.fill("Once more.");
  await field.press("Enter");
  const second = await model.asked();
  second.say(`It is **${"long".repeat(60)}** and goes on`);
  await page.getByText("and goes on").waitFor();
  await look("streaming");
  second.end();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  model.refuse(401, "this key was revoked");
  await field.fill("And again.");
  await field.press("Enter");
  await page.locator(".problem").getByText(/revoked|credentials/).first().waitFor();
  await look("a vendor that refuses");
  await page.locator("input[type=file]").setInputFiles({ name: "ticket.png", mimeType: "image/png", buffer: Buffer.from(TICKET, "base64") });
  await page.getByRole("button", { name: "Remove ticket.png" }).waitFor();
  await look("a picture to be sent");
  await page.locator("input[type=file]").setInputFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("hi") });
  await page.getByText("notes.txt is no picture").waitFor();
  await look("a file that is no picture");
  await page.evaluate(() => {
    const session = /** @type {any} */ (document.querySelector("message-list")).session;
    const pending = { key: "k", session, text: "Too much", attachments: [], at: Date.now(), refusal: "send blocked by session policy" };
    localStorage.setItem("clawdbot.outbox", JSON.stringify([pending]));
  });
  await page.reload();
  await page.getByText("send blocked by session policy").waitFor();
  await look("a message that was refused");
  await field.fill("waits");
  await gateway.kill();
  await page.getByText("The gateway is away.").waitFor();
  await field.press("Enter");
  await page.getByText("Waiting for the gateway", { exact: true }).waitFor();
  await look("away");
}

test("axe-core finds nothing wrong where one signs in", onStage({}, async ({ page, gateway }) => {
  await page.getByText("What shall we do?").waitFor();
  await page.evaluate(() => localStorage.setItem("clawdbot.token", "wrong"));
  await page.evaluate(() => localStorage.removeItem("clawdbot.deviceToken"));
  await page.goto(gateway.origin);
  await page.getByLabel("Token").waitFor();
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(await sticksOut(page), NOTHING);
}));

test("nothing scrolls sideways at a width of 360 px", onStage({ seed: writeScene, context: { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true } }, async ({ page }) => {
  await states(page, async (name) => {
    assert.deepEqual(await sticksOut(page), NOTHING, name);
  });
  await page.getByRole("textbox", { name: "Message" }).fill(`${"w".repeat(400)} ${"words ".repeat(100)}`);
  assert.deepEqual(await sticksOut(page), NOTHING, "a long word in the field");
}));

test("what stands still for those who want no motion", onStage({ seed: writeScene, context: { reducedMotion: "no-preference" } }, async ({ page, model }) => {
  await page.getByText("time for a coffee").waitFor();
  const field = page.getByRole("textbox", { name: "Message" });
  await field.fill("Go.");
  await field.press("Enter");
  const answer = await model.asked();
  answer.say("Let me look. ");
  await page.getByText("Let me look.").waitFor();
  const moving = () => page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === "running").length);
  assert.ok((await moving()) > 0, "something shows that work goes on");
  await page.emulateMedia({ reducedMotion: "reduce" });
  assert.equal(await moving(), 0);
  answer.end();
}));
