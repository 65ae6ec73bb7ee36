// How the page looks: nothing sticks out on a phone, nobody is shut out, and the pictures in the manual are of today.
// @ts-check

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { after, test } from "node:test";

import { sticksOut } from "../src/frames.mjs";
import { writeScene } from "../src/scene.mjs";
import { closeBrowser, onStage } from "../src/stage.mjs";

const PICTURES = resolve(import.meta.dirname, "../../../../docs/screenshots");
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

after(closeBrowser);

/** What axe-core finds wrong. @param {import("playwright-core").Page} page */
async function violations(page) {
  // In a world of its own, where the page's policy against foreign scripts does not reach.
  await page.evaluate(AXE);
  const found = await page.evaluate(() => /** @type {any} */ (window).axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((/** @type {any} */ one) => `${one.id}: ${one.nodes.map((/** @type {any} */ node) => node.html).join(" | ")}`);
}

/** Every state of the page, one after the other. @param {import("playwright-core").Page} page @param {(name: string) => Promise<void>} look */
async function states(page, look) {
  await page.getByText("time for a coffee").waitFor();
  await look("conversation");
  await page.locator("details.tool summary").first().click();
  await page.getByText("Result").first().waitFor();
  await look("tool");
  await page.getByRole("button", { name: /Main/ }).click();
  await page.getByRole("option", { name: /Garden/ }).waitFor();
  await look("sessions");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Keys" }).click();
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await look("keys");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "New conversation" }).click();
  await page.getByText("What shall we do?").waitFor();
  await look("empty");
}

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  test(`axe-core finds nothing wrong in any state, ${colorScheme}`, onStage({ seed: writeScene, context: { colorScheme } }, async ({ page, gateway }) => {
    await states(page, async (name) => assert.deepEqual(await violations(page), [], name));
    await page.getByRole("textbox", { name: "Message" }).fill("waits");
    await gateway.kill();
    await page.getByText("The gateway is away.").waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("Waiting for the gateway", { exact: true }).waitFor();
    assert.deepEqual(await violations(page), [], "away");
  }));
}

test("axe-core finds nothing wrong where one signs in", onStage({}, async ({ page, gateway }) => {
  await page.getByText("What shall we do?").waitFor();
  await page.evaluate(() => localStorage.setItem("clawdbot.token", "wrong"));
  await page.evaluate(() => localStorage.removeItem("clawdbot.deviceToken"));
  await page.goto(gateway.origin);
  await page.getByLabel("Token").waitFor();
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(await sticksOut(page), { elements: [], isScrollable: false, isMainScrollable: false });
}));

test("nothing scrolls sideways at a width of 360 px", onStage({ seed: writeScene, context: { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true } }, async ({ page }) => {
  await states(page, async (name) => {
    assert.deepEqual(await sticksOut(page), { elements: [], isScrollable: false, isMainScrollable: false }, name);
  });
  await page.getByRole("textbox", { name: "Message" }).fill(`${"w".repeat(400)} ${"words ".repeat(100)}`);
  assert.deepEqual(await sticksOut(page), { elements: [], isScrollable: false, isMainScrollable: false }, "a long word in the field");
}));

test("the pictures of the manual are taken, in light and dark, wide and narrow", async () => {
  await mkdir(PICTURES, { recursive: true });
  const sizes = { desktop: { width: 1000, height: 800 }, phone: { width: 390, height: 780 } };
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    for (const [size, viewport] of Object.entries(sizes)) {
      const context = { colorScheme, viewport, deviceScaleFactor: 2, isMobile: size === "phone", hasTouch: size === "phone", timezoneId: "UTC", locale: "en-GB" };
      await onStage({ seed: writeScene, context }, async ({ page }) => {
        await states(page, async (name) => {
          if (size === "phone" && name !== "conversation") return;
          if (name === "conversation" && size === "desktop") await page.locator(".scroller").evaluate((element) => (element.scrollTop -= 270));
          await page.evaluate(() => document.fonts.ready);
          await page.screenshot({ path: join(PICTURES, `${name}-${size}-${colorScheme}.png`), animations: "disabled" });
        });
      })();
    }
  }
});
