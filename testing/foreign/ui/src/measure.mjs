// Measures the page and writes the figures into the manual: `npm run measure`.
// @ts-check

import { readdir, readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";

import { median, pieceCost, visits, watchFirstMessage } from "./figures.mjs";
import { LONG_ANSWERS } from "./scene.mjs";
import { closeBrowser, onStage, theBrowser } from "./stage.mjs";
import { longTalk, writeTranscript } from "./transcript.mjs";

const ROOT = resolve(import.meta.dirname, "../../../..");
const MANUAL = resolve(ROOT, "docs/measurements.md");
const [BEGIN, END] = ["<!-- page: begin -->", "<!-- page: end -->"];

/** @type {[string, string, string][]} */
const rows = [];

await onStage({ seed: (state) => writeTranscript(state, longTalk(5000)), before: watchFirstMessage }, async ({ page }) => {
  const painted = await visits(page);
  const all = `median of ${painted.length} visits; ${Math.min(...painted).toFixed(0)} to ${Math.max(...painted).toFixed(0)} ms`;
  rows.push([`last of 5,000 messages painted after the page is opened (${all})`, `${median(painted).toFixed(0)} ms`, "≤ 200 ms"]);
})();

await onStage({ seed: (state) => writeTranscript(state, longTalk(5000)) }, async ({ page }) => {
  await page.getByText("Answer 4999.").waitFor();
  await page.getByRole("region", { name: "Messages" }).focus();
  const from = performance.now();
  await page.keyboard.press("Home");
  await page.getByText("Question 0:").waitFor();
  rows.push(["from the last of 5,000 messages to the first, by Home", `${(performance.now() - from).toFixed(0)} ms`, ""]);
})();

for (const [kind, answer] of Object.entries(LONG_ANSWERS)) {
  await onStage({}, async (stage) => {
    await stage.page.getByText("What shall we do?").waitFor();
    const cost = await pieceCost(stage, answer);
    rows.push([`a piece at the end of 200 kB of ${kind}: script and layout`, `${cost.toFixed(1)} ms`, "≤ 16.7 ms"]);
  })();
}

for (const name of (await readdir(resolve(ROOT, "ui/dist/assets"))).sort()) {
  if (!/\.(js|css)$/.test(name)) continue;
  const content = await readFile(resolve(ROOT, "ui/dist/assets", name));
  const size = `${(content.length / 1000).toFixed(0)} kB, ${(gzipSync(content).length / 1000).toFixed(0)} kB gzipped`;
  rows.push([name.endsWith(".js") ? "script" : "style sheet", size, ""]);
}

const machine = `${cpus().length} cores of ${cpus()[0]?.model ?? "an unknown processor"}, load average ${(loadavg()[0] ?? NaN).toFixed(1)}`;
const browser = `Chromium ${(await theBrowser()).version()}`;
await closeBrowser();
const date = new Date().toISOString().slice(0, 10);
const table = rows.map((row) => `| ${row.join(" | ")} |`);
const written = [BEGIN, `${date}, ${browser}, ${machine}:`, "", "| figure | value | bound |", "|---|--:|--:|", ...table, END].join("\n");
const manual = await readFile(MANUAL, "utf8");
const [before, after] = [manual.indexOf(BEGIN), manual.indexOf(END)];
if (before === -1 || after === -1) throw new Error(`${MANUAL} has no place for the figures of the page: ${BEGIN} … ${END}`);
await writeFile(MANUAL, manual.slice(0, before) + written + manual.slice(after + END.length));
console.log(written);
