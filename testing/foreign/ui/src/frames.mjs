// Ways to look at a page as a person would see it.
// @ts-check

/** Whatever sticks out of the screen sideways without a scroller of its own around it. @param {import("playwright-core").Page} page */
export const sticksOut = (page) =>
  page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    /** @param {Element} element @returns {boolean} */
    const isInScroller = (element) => {
      const parent = element.parentElement;
      if (parent === null) return false;
      const { overflowX, textOverflow } = getComputedStyle(parent);
      const isReachable = overflowX === "auto" || overflowX === "scroll";
      const isShortened = overflowX === "hidden" && textOverflow === "ellipsis";
      const isInside = parent.getBoundingClientRect().right <= width + 0.5;
      return ((isReachable || isShortened) && isInside) || isInScroller(parent);
    };
    const found = [...document.querySelectorAll("body *")].filter((element) => {
      const { left, right, width: own } = element.getBoundingClientRect();
      return own > 0 && (right > width + 0.5 || left < -0.5) && !isInScroller(element);
    });
    const isScrollable = document.documentElement.scrollWidth > width || document.body.scrollWidth > width;
    const main = document.querySelector(".scroller");
    const isMainScrollable = main !== null && main.scrollWidth > main.clientWidth;
    return { elements: found.map((element) => `${element.tagName}.${element.className}`), isScrollable, isMainScrollable };
  });

/** What has the keyboard, and whether that can be seen. @param {import("playwright-core").Page} page */
export const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return undefined;
    const shows = (/** @type {Element | null} */ one) => {
      if (one === null) return false;
      const { outlineStyle, outlineWidth, outlineColor, boxShadow } = getComputedStyle(one);
      const hasOutline = outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2 && outlineColor !== "rgba(0, 0, 0, 0)";
      return hasOutline || boxShadow !== "none";
    };
    const rect = element.getBoundingClientRect();
    const isOnScreen = rect.bottom > 0 && rect.right > 0 && rect.top < innerHeight && rect.left < innerWidth;
    const name = element.getAttribute("aria-label") ?? element.textContent?.trim().slice(0, 30) ?? "";
    // A text field may show it on the frame that is drawn around it.
    const isField = element.matches("textarea, input");
    return { name, tag: element.tagName.toLowerCase(), isSeen: isOnScreen && (shows(element) || (isField && shows(element.parentElement))) };
  });

/** The message at the top of the screen and how far it is from the edge. @param {import("playwright-core").Page} page */
export const place = (page) =>
  page.evaluate(() => {
    const scroller = /** @type {HTMLElement} */ (document.querySelector(".scroller"));
    const top = scroller.getBoundingClientRect().top;
    const entry = [...scroller.querySelectorAll(".entry")].find((one) => one.getBoundingClientRect().bottom > top + 1);
    return { text: entry?.textContent?.trim().slice(0, 40), from: Math.round((entry?.getBoundingClientRect().top ?? 0) - top) };
  });
