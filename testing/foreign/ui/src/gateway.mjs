// One gateway process in a home folder of its own: started, killed, started again on the same port.
// @ts-check

import { execFile, spawn } from "node:child_process";
import { createServer } from "node:net";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const ROOT = resolve(import.meta.dirname, "../../../..");
export const TOKEN = "test-token-of-a-gateway-on-loopback";

/** The binary under test: `CLAWDBOT_BIN`, else the one cargo built. */
function binary() {
  const path = process.env["CLAWDBOT_BIN"] ?? join(ROOT, "target/debug/clawdbot");
  if (!existsSync(path)) throw new Error(`${path} is missing: build it with \`cargo build -p clawdbot\``);
  return path;
}

/** A config with this model, or with none. @param {string | undefined} modelUrl @param {{ gateway?: object }} more */
export function configFor(modelUrl, more = {}) {
  const gateway = { auth: { token: TOKEN }, ...more.gateway };
  if (modelUrl === undefined) return { gateway, agents: { defaults: { heartbeat: { every: "0m" } } } };
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const model = { id: "fake-1", name: "Fake", reasoning: false, input: ["text", "image"], cost, contextWindow: 200_000, maxTokens: 8192 };
  return {
    gateway,
    models: { providers: { fake: { baseUrl: `${modelUrl}/v1`, apiKey: "test-key", api: "openai-completions", models: [model] } } },
    agents: { defaults: { model: { primary: "fake/fake-1" }, heartbeat: { every: "0m" } } },
  };
}

/** A test run that is broken off must not leave gateways behind. @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export class Gateway {
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #child;
  /** The address it printed, with its one-time code. */
  address = "";

  /** @param {string} home @param {number} port */
  constructor(home, port) {
    this.home = home;
    this.port = port;
  }

  /** @param {{ config: object, seed?: (state: string) => Promise<void> }} wanted */
  static async start({ config, seed }) {
    const home = await mkdtemp(join(tmpdir(), "clawdbot-page-"));
    const state = join(home, ".clawdbot");
    await mkdir(state, { recursive: true });
    await writeFile(join(state, "clawdbot.json"), JSON.stringify(config, null, 2));
    await seed?.(state);
    const gateway = new Gateway(home, await freePort());
    await gateway.restart();
    return gateway;
  }

  get origin() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it again in the same home, on the same port; ready when it printed its address. */
  async restart() {
    const child = spawn(binary(), ["gateway", "--port", String(this.port)], {
      cwd: this.home,
      env: this.#environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    running.add(child);
    child.once("exit", () => running.delete(child));
    let errors = "";
    child.stderr.on("data", (chunk) => (errors += chunk));
    const lines = createInterface({ input: child.stdout });
    this.address = await new Promise((found, failed) => {
      lines.on("line", (line) => line.includes("#code=") && found(line.trim()));
      child.on("exit", (code) => failed(new Error(`the gateway ended at once (${code}): ${errors}`)));
    });
  }

  /** Calls a method, as another program. @param {string} method @param {object} params */
  async call(method, params) {
    const url = `ws://127.0.0.1:${this.port}`;
    const words = ["gateway", "call", method, "--params", JSON.stringify(params), "--url", url, "--token", TOKEN];
    await promisify(execFile)(binary(), words, { cwd: this.home, env: this.#environment() });
  }

  #environment() {
    return { HOME: this.home, PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8", TZ: "UTC" };
  }

  /** `kill -9`, and waits until it is gone. */
  async kill() {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((ended) => child.once("exit", ended));
    child.kill("SIGKILL");
    await gone;
  }

  async end() {
    await this.kill();
    await rm(this.home, { recursive: true, force: true });
  }
}

/** @returns {Promise<number>} */
async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", () => listening(undefined)));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
