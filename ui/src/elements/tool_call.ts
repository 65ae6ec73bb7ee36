// A tool call: one line that opens to what was asked and what came out.

import { html, nothing, type TemplateResult } from "lit";

import type { ToolCall } from "../chat/entry";
import { cut } from "./cut";
import { pictureTemplate } from "./picture";

const MOST_TEXT = 50_000;
const STATES = { running: "running", done: "done", failed: "failed" } as const;

export interface Unfolded {
  has(id: string): boolean;
  set(id: string, isOpen: boolean): void;
}

export function toolCallTemplate(call: ToolCall, unfolded: Unfolded): TemplateResult {
  const isOpen = unfolded.has(call.id);
  const toggled = (event: Event): void => unfolded.set(call.id, (event.currentTarget as HTMLDetailsElement).open);
  return html`<details class="tool" data-state=${call.state} ?open=${isOpen} @toggle=${toggled}>
    <summary>
      <span class="tool-mark" aria-hidden="true"></span>
      <span class="tool-name">${call.name}</span>
      <span class="tool-summary">${call.summary}</span>
      <span class="tool-state">${STATES[call.state]}</span>
    </summary>
    ${isOpen ? bodyTemplate(call) : nothing}
  </details>`;
}

function bodyTemplate(call: ToolCall): TemplateResult {
  const asked = argsText(call.args);
  return html`<div class="tool-body">
    ${asked === "" ? nothing : block("Asked", asked)}
    ${call.output === "" ? nothing : block(call.state === "failed" ? "Failed with" : "Result", call.output)}
    ${call.images.map((picture) => pictureTemplate(picture, `Picture from ${call.name}`))}
    ${call.output === "" && call.images.length === 0 ? html`<p class="faint">${emptyWords(call)}</p>` : nothing}
  </div>`;
}

function block(title: string, whole: string): TemplateResult {
  const { text, rest } = cut(whole, MOST_TEXT);
  return html`<div class="tool-block">
    <div class="tool-title">${title}</div>
    <pre tabindex="0" role="group" aria-label=${title}>${text}</pre>
    ${rest === "" ? nothing : html`<p class="faint">${rest}</p>`}
  </div>`;
}

function emptyWords(call: ToolCall): string {
  return call.state === "running" ? "Still running." : "No output.";
}

function argsText(args: unknown): string {
  if (args === undefined || args === null) return "";
  if (typeof args === "string") return args;
  const fields = Object.entries(args);
  if (fields.length === 0) return "";
  const [only] = fields;
  // One text is easier to read as itself than as JSON.
  if (fields.length === 1 && only !== undefined && typeof only[1] === "string") return only[1];
  return JSON.stringify(args, null, 2);
}
