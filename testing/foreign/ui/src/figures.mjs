// What the page costs: figures that tests hold to a bound and the manual tells.
// @ts-check

/** An odd number, so that there is one in the middle. */
const VISITS = 21;

/** Of numbers. @param {readonly number[]} numbers */
export function median(numbers) {
  const sorted = numbers.toSorted((one, other) => one - other);
  return /** @type {number} */ (sorted[Math.floor(sorted.length / 2)]);
}

/** Notes when the first message was in the page and painted. @param {import("playwright-core").Page} page */
export const watchFirstMessage = (page) =>
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

/** Milliseconds from opening the page until the first message is painted, of each visit. @param {import("playwright-core").Page} page */
export async function visits(page) {
  const isPainted = () => page.waitForFunction(() => /** @type {any} */ (window).firstMessageAt !== undefined);
  // The one-time code is exchanged before the first visit that counts.
  await isPainted();
  const painted = [];
  for (let visit = 0; visit < VISITS; visit += 1) {
    await page.reload();
    await isPainted();
    painted.push(await page.evaluate(() => /** @type {number} */ (/** @type {any} */ (window).firstMessageAt)));
  }
  return painted;
}

const PIECES = 20;

/**
 * Milliseconds of the processor that the page needs for each piece of an answer that is this long already: its script and
 * its layout.
 * @param {import("./stage.mjs").Stage} stage @param {string} start
 */
export async function pieceCost(stage, start) {
  const { page, model } = stage;
  await stage.say("Tell me everything.");
  const answer = await model.asked();
  answer.say(`${start}\n\nPiece 0.`);
  // By what the element was given: to look for it among so many would be most of the work.
  const shown = (/** @type {number} */ piece) =>
    page.waitForFunction((mark) => {
      const entries = [...(document.querySelector(".column")?.children ?? [])].filter((child) => child.matches(".assistant"));
      const text = /** @type {any} */ (entries.at(-1)?.querySelector("markdown-text"))?.text ?? "";
      return text.slice(-400).includes(mark);
    }, `Piece ${piece}.`);
  await shown(0);
  const browser = await page.context().newCDPSession(page);
  await browser.send("Performance.enable", { timeDomain: "threadTicks" });
  const work = async () => {
    const { metrics } = await browser.send("Performance.getMetrics");
    const seconds = metrics.filter(({ name }) => ["ScriptDuration", "LayoutDuration", "RecalcStyleDuration"].includes(name));
    return seconds.reduce((sum, { value }) => sum + value * 1000, 0);
  };
  const before = await work();
  for (let piece = 1; piece <= PIECES; piece += 1) {
    answer.say(`\n\nPiece ${piece}. ${"It goes on. ".repeat(10)}`);
    await shown(piece);
  }
  const after = await work();
  answer.end();
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  return (after - before) / PIECES;
}
