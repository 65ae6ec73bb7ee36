// How one entry of a conversation looks.

import { html, nothing, type TemplateResult } from "lit";

import type { AssistantEntry, Entry, Part, PersonEntry } from "../chat/entry";
import { problemText } from "../chat/problem";
import "../markdown/markdown_text";
import { cut } from "./cut";
import { pictureTemplate } from "./picture";
import { toolCallTemplate, type Unfolded } from "./tool_call";

const MOST_TEXT = 200_000;

export interface EntryActions extends Unfolded {
  sendAgain(key: string): void;
  takeBack(key: string): void;
}

export function entryTemplate(entry: Entry, isFirstOfSpeaker: boolean, actions: EntryActions): TemplateResult {
  const speaker = entry.kind === "person" ? "You" : entry.kind === "assistant" ? "Assistant" : "Notice";
  return html`<article class="entry ${entry.kind}" data-key=${entry.key} data-first=${isFirstOfSpeaker} aria-label=${speaker}>
    ${entry.kind === "person" ? personTemplate(entry, actions) : nothing}
    ${entry.kind === "assistant" ? assistantTemplate(entry, isFirstOfSpeaker, actions) : nothing}
    ${entry.kind === "notice" ? html`<p class="problem" role="alert">${withCode(entry.text)}</p>` : nothing}
  </article>`;
}

function personTemplate(entry: PersonEntry, actions: EntryActions): TemplateResult {
  return html`<div class="bubble">
      ${entry.images.map((picture) => pictureTemplate(picture, "Attached picture"))}
      ${entry.text === "" ? nothing : html`<div class="said">${cut(entry.text, MOST_TEXT).text}</div>`}
    </div>
    ${deliveryTemplate(entry, actions)}`;
}

function deliveryTemplate({ delivery, key, at }: PersonEntry, actions: EntryActions): TemplateResult {
  if (delivery.state === "waiting") return html`<p class="meta waiting">Waiting for the gateway</p>`;
  if (delivery.state === "sent") return html`<p class="meta">${timeTemplate(at)}</p>`;
  return html`<div class="refused" role="alert">
    <p class="problem">${delivery.reason}</p>
    <p class="buttons">
      <button type="button" class="quiet" @click=${() => actions.sendAgain(key)}>Send again</button>
      <button type="button" class="quiet" @click=${() => actions.takeBack(key)}>Edit</button>
    </p>
  </div>`;
}

function assistantTemplate(entry: AssistantEntry, isFirst: boolean, actions: EntryActions): TemplateResult {
  return html`${isFirst ? html`<p class="meta speaker">Assistant ${timeTemplate(entry.at)}</p>` : nothing}
    ${entry.parts.map((part, index) => partTemplate(part, `${entry.key}:${index}`, actions))}
    ${entry.problem === undefined ? nothing : html`<p class="problem" role="alert">${withCode(problemText(entry.problem))}</p>`}
    ${entry.wasStopped ? html`<p class="meta">Stopped</p>` : nothing}
    ${entry.isLive && !isToolAtWork(entry) ? html`<span class="typing" aria-label="writing" role="img"></span>` : nothing}`;
}

/** Its own mark says then that something goes on. */
function isToolAtWork({ parts }: AssistantEntry): boolean {
  const last = parts.at(-1);
  return last?.kind === "tool" && last.call.state === "running";
}

/** What stands between backticks is a command to be copied. */
function withCode(text: string): unknown[] {
  return text.split("`").map((piece, index) => (index % 2 === 1 ? html`<code>${piece}</code>` : piece));
}

function partTemplate(part: Part, id: string, actions: EntryActions): TemplateResult | typeof nothing {
  switch (part.kind) {
    case "text":
      return textTemplate(part.text);
    case "thinking":
      return thinkingTemplate(part.text, id, actions);
    case "picture":
      return pictureTemplate(part.picture, "Picture from the assistant");
    case "tool":
      return toolCallTemplate(part.call, actions);
  }
}

function textTemplate(whole: string): TemplateResult {
  const { text, rest } = cut(whole, MOST_TEXT);
  return html`<markdown-text class="markdown" .text=${text}></markdown-text>
    ${rest === "" ? nothing : html`<p class="meta">${rest}</p>`}`;
}

function thinkingTemplate(text: string, id: string, unfolded: Unfolded): TemplateResult {
  const isOpen = unfolded.has(id);
  const toggled = (event: Event): void => unfolded.set(id, (event.currentTarget as HTMLDetailsElement).open);
  return html`<details class="thinking" ?open=${isOpen} @toggle=${toggled}>
    <summary>Thoughts</summary>
    ${isOpen ? html`<div class="said faint">${text}</div>` : nothing}
  </details>`;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

function timeTemplate(at: number): TemplateResult | typeof nothing {
  if (at === 0) return nothing;
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  return html`<time datetime=${date.toISOString()}>${(isToday ? CLOCK : DAY).format(date)}</time>`;
}
