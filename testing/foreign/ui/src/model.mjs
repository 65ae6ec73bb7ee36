// A model vendor whose answers a test writes while they are read: OpenAI Chat Completions on a loopback port.
// @ts-check

import { createServer } from "node:http";

/** Whoever does not ask by then never will. */
const PATIENCE_MS = 20_000;

/** An answer under way. The test decides when each piece of it arrives. */
export class Answer {
  #response;
  #calls = 0;

  /** @param {any} request @param {import("node:http").ServerResponse} response */
  constructor(request, response) {
    /** What was asked, as the vendor gets it. */
    this.request = request;
    this.#response = response;
    /** Ends when the reader left before the end. */
    this.left = new Promise((left) => response.once("close", () => left(undefined)));
    response.writeHead(200, { "content-type": "text/event-stream" });
    this.#chunk({ role: "assistant", content: "" });
  }

  /** @param {string} text */
  say(text) {
    this.#chunk({ content: text });
    return this;
  }

  /** @param {string} name @param {object} args */
  call(name, args) {
    const index = this.#calls++;
    const id = `call_${index}_${Math.random().toString(36).slice(2, 8)}`;
    this.#chunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: JSON.stringify(args) } }] });
    return this;
  }

  end() {
    this.#chunk({}, this.#calls > 0 ? "tool_calls" : "stop");
    this.#response.write(`data: ${JSON.stringify({ ...envelope, choices: [], usage: { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 } })}\n\n`);
    this.#response.end("data: [DONE]\n\n");
  }

  /** @param {object} delta @param {string | null} finish */
  #chunk(delta, finish = null) {
    this.#response.write(`data: ${JSON.stringify({ ...envelope, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`);
  }
}

const envelope = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "fake-1" };

export class Model {
  /** Everything that was asked, oldest first. @type {any[]} */
  requests = [];
  /** @type {Answer[]} */
  #arrived = [];
  /** @type {((answer: Answer) => void)[]} */
  #awaited = [];
  /** @type {{ status: number, message: string }[]} */
  #refusals = [];
  #server = createServer((request, response) => void this.#serve(request, response));
  url = "";

  static async start() {
    const model = new Model();
    await new Promise((listening) => model.#server.listen(0, "127.0.0.1", () => listening(undefined)));
    const address = model.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    model.url = `http://127.0.0.1:${address.port}`;
    return model;
  }

  /** Refuses the next question as a vendor does. @param {number} status @param {string} message */
  refuse(status, message) {
    this.#refusals.push({ status, message });
    return this;
  }

  /** The next question, to be answered by hand. @returns {Promise<Answer>} */
  asked() {
    const arrived = this.#arrived.shift();
    if (arrived !== undefined) return Promise.resolve(arrived);
    return new Promise((asked, failed) => {
      const timer = setTimeout(() => failed(new Error("nobody asked the model")), PATIENCE_MS);
      this.#awaited.push((answer) => {
        clearTimeout(timer);
        asked(answer);
      });
    });
  }

  async end() {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async #serve(request, response) {
    let body = "";
    for await (const chunk of request) body += chunk;
    const asked = JSON.parse(body);
    this.requests.push(asked);
    const refusal = this.#refusals.shift();
    if (refusal !== undefined) {
      response.writeHead(refusal.status, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { message: refusal.message } }));
      return;
    }
    const answer = new Answer(asked, response);
    const awaited = this.#awaited.shift();
    if (awaited === undefined) this.#arrived.push(answer);
    else awaited(answer);
  }
}

/** All that people said in a request, as one text. @param {any} request */
export function saidBy(request) {
  return JSON.stringify(request.messages.filter((/** @type {any} */ message) => message.role === "user"));
}
