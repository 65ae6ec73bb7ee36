// What a model writes: code, tables and links are shown as such, and no HTML of it does anything.
// @ts-check

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { closeBrowser, onStage } from "../src/stage.mjs";

after(closeBrowser);

const MIXED = `Here is a plan:

\`\`\`python
def greet(name):
    return f"hello {name}"  # kindly
\`\`\`

| town | people |
|------|-------:|
| Rome | 2,800,000 |

See [the map](https://example.org/map) or write to <mailto:me@example.org>.`;

test("code, tables and links of an answer are code, tables and links", onStage({}, async ({ page, model }) => {
  await page.getByText("What shall we do?").waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill("A plan, please.");
  await page.keyboard.press("Enter");
  (await model.asked()).say(MIXED).end();
  const answer = page.getByRole("article", { name: "Assistant" });
  await answer.getByRole("link", { name: "the map" }).waitFor();
  assert.equal(await answer.locator("pre code").textContent(), 'def greet(name):\n    return f"hello {name}"  # kindly');
  assert.equal(await answer.getByRole("columnheader", { name: "people" }).count(), 1);
  assert.equal(await answer.getByRole("cell", { name: "2,800,000" }).count(), 1);
  const link = answer.getByRole("link", { name: "the map" });
  assert.equal(await link.getAttribute("href"), "https://example.org/map");
  assert.match((await link.getAttribute("rel")) ?? "", /noopener/);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await answer.getByRole("button", { name: "Copy" }).click();
  await answer.getByRole("button", { name: "Copied" }).waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^def greet/);
}));

const HOSTILE = `<script>window.wasRun = "script"</script>

<img src="x" onerror="window.wasRun = 'img'"> <svg onload="window.wasRun = 'svg'"></svg>

<iframe srcdoc="<script>parent.wasRun = 'iframe'</script>"></iframe>

[click](javascript:window.wasRun='link') [data](data:text/html,<script>1</script>) ![pixel](https://tracker.invalid/pixel.png)

<a href="javascript:window.wasRun='a'">a</a> <style>body { display: none }</style>

\`<b>code</b>\` <details open ontoggle="window.wasRun='details'">x</details>

| <img src=x onerror="window.wasRun='cell'"> | b |
|---|---|
| <script>window.wasRun='td'</script> | d |

The end.`;

test("no HTML of a model becomes an element, runs, or loads anything", onStage({}, async ({ page, model }) => {
  await page.getByText("What shall we do?").waitFor();
  /** @type {string[]} */
  const loaded = [];
  page.on("request", (request) => loaded.push(request.url()));
  await page.getByRole("textbox", { name: "Message" }).fill("Be evil.");
  await page.keyboard.press("Enter");
  const asked = await model.asked();
  // Piece by piece: half a tag must be as harmless as a whole one.
  for (let at = 0; at < HOSTILE.length; at += 40) asked.say(HOSTILE.slice(at, at + 40));
  asked.end();
  const answer = page.getByRole("article", { name: "Assistant" });
  await answer.getByText("The end.").waitFor();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  assert.equal(await answer.locator("script, img, svg, iframe, style, b, details, [onerror], [onload], [ontoggle]").count(), 0);
  const addresses = await answer.locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
  assert.deepEqual(addresses, ["https://tracker.invalid/pixel.png"]);
  await answer.getByText("<script>window.wasRun = \"script\"</script>").waitFor();
  await answer.getByText("click", { exact: true }).click();
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).wasRun), undefined);
  assert.deepEqual(loaded.filter((url) => !url.startsWith("http://127.0.0.1")), []);
}));
