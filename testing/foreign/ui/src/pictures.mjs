// Takes the pictures of the manual anew, in light and dark, wide and narrow: `npm run pictures`.
// @ts-check

import { resolve } from "node:path";

import { sticksOut } from "./frames.mjs";
import { states, writeScene } from "./scene.mjs";
import { closeBrowser, onStage } from "./stage.mjs";

const FOLDER = resolve(import.meta.dirname, "../../../../docs/screenshots");
const SIZES = { desktop: { width: 1000, height: 800 }, phone: { width: 390, height: 780 } };

for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    const isPhone = size === "phone";
    const context = { colorScheme, viewport, deviceScaleFactor: 2, isMobile: isPhone, hasTouch: isPhone, timezoneId: "UTC", locale: "en-GB" };
    await onStage({ seed: writeScene, context }, async ({ page }) => {
      await states(page, async (name) => {
        if (isPhone && name !== "conversation") return;
        if (name === "conversation" && !isPhone) await page.locator(".scroller").evaluate((element) => (element.scrollTop -= 270));
        await page.evaluate(() => document.fonts.ready);
        const { elements } = await sticksOut(page);
        if (elements.length > 0) throw new Error(`${name}, ${size}: ${elements.join(", ")} is beyond the edge`);
        await page.screenshot({ path: resolve(FOLDER, `${name}-${size}-${colorScheme}.png`), animations: "disabled" });
      });
    })();
  }
}
await closeBrowser();
