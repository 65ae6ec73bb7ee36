// Everything can be done without a mouse, and one always sees where one is.
// @ts-check

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { focused } from "../src/frames.mjs";
import { TOKEN } from "../src/gateway.mjs";
import { TICKET, writeScene } from "../src/scene.mjs";
import { closeBrowser, onStage } from "../src/stage.mjs";

after(closeBrowser);

/**
 * Walks with Tab until it comes round, or to the first thing of such a name.
 * @param {import("playwright-core").Page} page @param {RegExp} [until] @param {"Tab" | "Shift+Tab"} [key]
 */
async function walk(page, until, key = "Tab") {
  const seen = [];
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press(key);
    const here = await focused(page);
    // Behind the last and before the first the browser's own controls come.
    if (here === undefined) continue;
    assert.ok(here.isSeen, `the focus on ${here.tag} "${here.name}" cannot be seen`);
    if (until === undefined && here.name === seen[0]) return seen;
    seen.push(here.name);
    if (until?.test(here.name) === true) return seen;
  }
  assert.equal(until, undefined, `not reached: ${until}; but ${seen.join(", ")}`);
  return seen;
}

test("every button, link and field is reached by Tab, with visible focus", onStage({ seed: writeScene }, async ({ page }) => {
  await page.getByText("time for a coffee").waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill("x");
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
  const reached = new Set(await walk(page));
  const offered = await page
    .locator("button:visible, a:visible, summary:visible, textarea:visible")
    .evaluateAll((all) => all.map((one) => one.getAttribute("aria-label") ?? one.textContent?.trim().slice(0, 30) ?? ""));
  assert.ok(offered.length >= 10, `${offered.length} things to reach`);
  assert.deepEqual(offered.filter((name) => !reached.has(name)), []);
}));

test("a whole visit by keyboard alone: ask, open a tool, stop, begin anew, change conversation, look, theme, help", onStage({ seed: writeScene }, async ({ page, model }) => {
  await page.getByText("time for a coffee").waitFor();
  const keys = page.keyboard;
  // The field has the keyboard from the start.
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  await keys.type("Count");
  await keys.press("Shift+Enter");
  await keys.type("slowly.");
  await keys.press("Enter");
  const answer = await model.asked();
  assert.ok(JSON.stringify(answer.request.messages.at(-1)).includes("Count\\\\nslowly.") || JSON.stringify(answer.request.messages.at(-1)).includes("Count\\nslowly."));
  answer.say("One.");
  await page.getByText("One.", { exact: true }).waitFor();
  await keys.press("Escape");
  await answer.left;
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });

  // A tool call is on the way back from the field, and opens with Enter.
  await walk(page, /^exec/, "Shift+Tab");
  await keys.press("Enter");
  await page.getByText("IC 2013", { exact: false }).first().waitFor();

  // Messages are stepped through, and the newest is one press away.
  await keys.press("/");
  assert.equal((await focused(page))?.name, "Message");
  await keys.press("Alt+ArrowUp");
  await page.getByRole("button", { name: "Newest" }).waitFor();
  await keys.press("Alt+ArrowDown");
  await keys.press("Alt+End");
  await page.getByRole("button", { name: "Newest" }).waitFor({ state: "detached" });

  await keys.press("Control+k");
  await page.getByRole("option", { name: /Garden/ }).waitFor();
  assert.ok((await focused(page))?.isSeen);
  await keys.press("ArrowDown");
  await keys.press("ArrowUp");
  await keys.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await keys.press("Control+k");
  await keys.type("tax");
  await keys.press("Enter");
  await page.getByText("Only the receipt of the dentist.").waitFor();
  assert.equal((await focused(page))?.name, "Message");

  await keys.press("Alt+n");
  await page.getByText("What shall we do?").waitFor();
  assert.equal((await focused(page))?.name, "Message");

  const theme = () => page.evaluate(() => document.documentElement.dataset["theme"]);
  await keys.press("Alt+l");
  const first = await theme();
  await keys.press("Alt+l");
  assert.notEqual(await theme(), first);

  const chooser = page.waitForEvent("filechooser");
  await keys.press("Alt+i");
  await chooser;

  await keys.press("Control+/");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await keys.press("Escape");
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).blur());
  await keys.press("?");
  await page.getByRole("dialog", { name: "Keys" }).getByText("Stop the answer").waitFor();
}));

/** Leaves a refused message in the browser, as an earlier visit does. @param {string} text */
const refuse = (text) => {
  const pending = { key: "k-refused", session: "agent:main:main", text, attachments: [], at: Date.now(), refusal: "send blocked by session policy" };
  localStorage.setItem("clawdbot.outbox", JSON.stringify([pending]));
};

test("a refused message is changed and sent again by keyboard", onStage({ seed: writeScene }, async ({ page, model }) => {
  await page.getByText("time for a coffee").waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  await page.evaluate(refuse, "Too much");
  await page.reload();
  await page.getByText("send blocked by session policy").waitFor();
  await walk(page, /^Edit$/, "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("textarea")?.value === "Too much");
  await page.keyboard.type(", less");
  await page.keyboard.press("Enter");
  const answer = await model.asked();
  assert.ok(JSON.stringify(answer.request.messages).includes("Too much, less"));
  answer.say("Fine.").end();
  await page.getByText("Fine.").waitFor();
}));

test("a refused message is sent again as it is by keyboard", onStage({ seed: writeScene }, async ({ page, model }) => {
  await page.getByText("time for a coffee").waitFor();
  await page.evaluate(refuse, "Once more");
  await page.reload();
  await page.getByText("send blocked by session policy").waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  await walk(page, /^Send again$/, "Shift+Tab");
  await page.keyboard.press("Enter");
  const answer = await model.asked();
  assert.ok(JSON.stringify(answer.request.messages).includes("Once more"));
  answer.say("Heard.").end();
  await page.getByText("Heard.").waitFor();
  assert.equal(await page.getByText("send blocked by session policy").count(), 0);
}));

test("code is copied by keyboard", onStage({ seed: writeScene }, async ({ page }) => {
  await page.getByText("time for a coffee").waitFor();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  await walk(page, /^Copy$/, "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Copied" }).waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^# Asks once/);
  assert.equal((await focused(page))?.name, "Copied", "the keyboard stays where it was");
}));

test("a picture is attached and taken away again by keyboard, and the next key writes", onStage({}, async ({ page }) => {
  await page.getByText("What shall we do?").waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
  const chooser = page.waitForEvent("filechooser");
  await page.keyboard.press("Alt+i");
  await (await chooser).setFiles({ name: "ticket.png", mimeType: "image/png", buffer: Buffer.from(TICKET, "base64") });
  await page.getByRole("button", { name: "Remove ticket.png" }).waitFor();
  assert.equal((await focused(page))?.name, "Message");
  await walk(page, /^Remove ticket.png$/, "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Remove ticket.png" }).waitFor({ state: "detached" });
  await page.keyboard.type("Without a picture.");
  assert.equal(await page.getByRole("textbox", { name: "Message" }).inputValue(), "Without a picture.");
}));

test("one signs in by keyboard: the token's field waits for it, and Enter connects", onStage({}, async ({ page, gateway }) => {
  await page.getByText("What shall we do?").waitFor();
  await page.evaluate(() => localStorage.clear());
  await page.goto(gateway.origin);
  await page.getByLabel("Token").waitFor();
  await page.waitForFunction(() => document.activeElement?.id === "token");
  assert.ok((await focused(page))?.isSeen);
  await page.keyboard.type(TOKEN);
  await page.keyboard.press("Enter");
  await page.getByText("What shall we do?").waitFor();
  await page.waitForFunction(() => document.activeElement?.tagName === "TEXTAREA");
}));
