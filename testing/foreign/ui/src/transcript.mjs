// Writes a session's transcript into a state folder, in the published layout, before a gateway opens it.
// @ts-check

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const FIRST_AT = Date.parse("2026-01-24T08:00:00Z");

/** @param {string} state @param {object[]} messages @param {{ key?: string, id?: string, label?: string }} session */
export async function writeTranscript(state, messages, { key = "agent:main:main", id = "5f3a1c1e-0000-4000-8000-000000000001", label } = {}) {
  return writeTranscripts(state, [{ key, id, label, messages }]);
}

/** @param {string} state @param {{ key: string, id: string, label?: string | undefined, messages: object[] }[]} sessions */
export async function writeTranscripts(state, sessions) {
  const folder = join(state, "agents/main/sessions");
  await mkdir(folder, { recursive: true });
  /** @type {Record<string, object>} */
  const index = {};
  for (const [place, { key, id, label, messages }] of sessions.entries()) {
    const lines = [{ type: "session", version: 3, id, timestamp: new Date(FIRST_AT).toISOString(), cwd: "/" }];
    messages.forEach((message, number) => {
      const at = FIRST_AT + number * 1000;
      lines.push(/** @type {any} */ ({
        type: "message",
        id: number.toString(16).padStart(8, "0"),
        parentId: number === 0 ? null : (number - 1).toString(16).padStart(8, "0"),
        timestamp: new Date(at).toISOString(),
        message: { ...message, timestamp: at },
      }));
    });
    await writeFile(join(folder, `${id}.jsonl`), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    index[key] = { sessionId: id, updatedAt: FIRST_AT + 10_000_000 - place * 60_000, ...(label === undefined ? {} : { label }) };
  }
  await writeFile(join(folder, "sessions.json"), JSON.stringify(index, null, 2));
}

/** @param {string} text */
export const person = (text) => ({ role: "user", content: [{ type: "text", text }] });

/** @param {string} text @param {object[]} calls */
export const assistant = (text, calls = []) => ({
  role: "assistant",
  content: [...(text === "" ? [] : [{ type: "text", text }]), ...calls],
  api: "openai-completions",
  provider: "fake",
  model: "fake-1",
  usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, totalTokens: 2, cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 } },
  stopReason: calls.length > 0 ? "toolUse" : "stop",
});

/** @param {string} id @param {string} name @param {object} args */
export const toolCall = (id, name, args) => ({ type: "toolCall", id, name, arguments: args });

/** @param {string} id @param {string} name @param {string} text */
export const toolResult = (id, name, text, isError = false) => ({
  role: "toolResult",
  toolCallId: id,
  toolName: name,
  content: [{ type: "text", text }],
  isError,
});

/** A long talk: questions and answers of different lengths. @param {number} count */
export function longTalk(count) {
  return Array.from({ length: count }, (_, number) => {
    const words = Array.from({ length: 5 + ((number * 37) % 60) }, (_unused, at) => `word${(number + at) % 97}`).join(" ");
    return number % 2 === 0 ? person(`Question ${number}: ${words}?`) : assistant(`Answer ${number}. ${words}.\n\n- one\n- **two**`);
  });
}
