// Everything a test of the page needs: a model, a gateway, a browser and a page that is signed in.
// @ts-check

import { execFileSync } from "node:child_process";
import { chromium } from "playwright-core";

import { configFor, Gateway } from "./gateway.mjs";
import { Model } from "./model.mjs";


/** @returns {string} */
function browserPath() {
  const wanted = process.env["CHROMIUM"];
  if (wanted !== undefined) return wanted;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch {
      // The next name may be there.
    }
  }
  throw new Error("no Chromium on the path: install your system's package, or set CHROMIUM");
}

/** @type {Promise<import("playwright-core").Browser> | undefined} */
let browser;

/** One browser for all tests of a file. */
export function theBrowser() {
  browser ??= chromium.launch({ executablePath: browserPath(), args: ["--no-sandbox"] });
  return browser;
}

export async function closeBrowser() {
  await (await browser)?.close();
  browser = undefined;
}

/**
 * @typedef {object} Wanted
 * @property {(state: string) => Promise<void>} [seed] what is in the state folder before
 * @property {boolean} [hasModel]
 * @property {{ gateway?: object }} [config] what its config has besides
 * @property {import("playwright-core").BrowserContextOptions} [context]
 * @property {(page: import("playwright-core").Page) => Promise<void>} [before] before the page is opened
 */

export class Stage {
  /** @param {Model} model @param {Gateway} gateway @param {import("playwright-core").Page} page */
  constructor(model, gateway, page) {
    this.model = model;
    this.gateway = gateway;
    this.page = page;
    /** Errors of the page's own code. @type {string[]} */
    this.errors = [];
    page.on("pageerror", (error) => this.errors.push(String(error)));
  }

  /** @param {Wanted} wanted */
  static async set({ seed, hasModel = true, config = {}, context = {}, before } = {}) {
    const model = await Model.start();
    const gateway = await Gateway.start({ config: configFor(hasModel ? model.url : undefined, config), ...(seed === undefined ? {} : { seed }) });
    const opened = await (await theBrowser()).newContext({ viewport: { width: 1000, height: 800 }, reducedMotion: "reduce", ...context });
    opened.setDefaultTimeout(15_000);
    const page = await opened.newPage();
    const stage = new Stage(model, gateway, page);
    await before?.(page);
    await page.goto(gateway.address);
    return stage;
  }

  get field() {
    return this.page.getByRole("textbox", { name: "Message" });
  }

  /** Writes and sends. @param {string} text */
  async say(text) {
    await this.field.fill(text);
    await this.field.press("Enter");
  }

  /** Waits until the page talks with the gateway. */
  async connected() {
    await this.page.waitForSelector("chat-page[data-status=open]", { state: "attached" });
  }

  async end() {
    await this.page.context().close();
    await this.gateway.end();
    await this.model.end();
    if (this.errors.length > 0) throw new Error(`the page's own code failed: ${this.errors.join("; ")}`);
  }
}

/** Runs a test on a stage of its own. @param {Wanted} wanted @param {(stage: Stage) => Promise<void>} test */
export function onStage(wanted, test) {
  return async () => {
    const stage = await Stage.set(wanted);
    try {
      await test(stage);
    } catch (error) {
      // Why a test failed matters more than what its end complains about.
      await stage.end().catch(() => {});
      throw error;
    }
    await stage.end();
  };
}
