// `<session-picker>`: a dialog to find a conversation in, by typing or by arrow keys.

import { html, nothing, type TemplateResult } from "lit";

import { matches, titleOf, withoutMessageId } from "../chat/sessions";
import type { SessionRow } from "../protocol/frames";
import { ICONS } from "./icons";
import { LightElement } from "./light_element";

export class SessionPicker extends LightElement {
  static override properties = {
    sessions: { attribute: false },
    mainKey: { attribute: false },
    current: { attribute: false },
    search: { state: true },
    at: { state: true },
    isShown: { state: true },
  };
  declare sessions: readonly SessionRow[];
  declare mainKey: string;
  declare current: string;
  declare search: string;
  /** Which of the found ones is pointed at. */
  declare at: number;
  declare isShown: boolean;

  constructor() {
    super();
    this.sessions = [];
    this.mainKey = "";
    this.current = "";
    this.search = "";
    this.at = 0;
    this.isShown = false;
  }

  show(): void {
    this.isShown = true;
    this.search = "";
    this.at = Math.max(0, this.#found().findIndex((row) => row.key === this.current));
    const field = this.querySelector("input");
    if (field !== null) field.value = "";
    this.#dialog?.showModal();
  }

  protected override render(): TemplateResult {
    const found = this.isShown ? this.#found() : [];
    const pointed = found.length === 0 ? nothing : `session-${this.at}`;
    return html`<dialog class="panel picker" aria-label="Conversations" @click=${this.#clicked} @close=${() => (this.isShown = false)}>
      <div class="picker-head">
        ${ICONS.search}
        <input
          type="text"
          role="combobox"
          aria-label="Find a conversation"
          placeholder="Find a conversation"
          aria-expanded="true"
          aria-controls="sessions"
          aria-activedescendant=${pointed}
          autocomplete="off"
          autofocus
          @input=${this.#typed}
          @keydown=${this.#pressed}
        />
        <button type="button" class="icon-button" aria-label="Close" @click=${this.#close}>${ICONS.close}</button>
      </div>
      <ul id="sessions" role="listbox" aria-label="Conversations" tabindex="-1">
        ${found.map((row, index) => this.#rowTemplate(row, index))}
      </ul>
      ${found.length === 0 ? html`<p class="faint none">No conversation has these words.</p>` : nothing}
      <div class="picker-foot">
        <button type="button" class="quiet" @click=${this.#new}>${ICONS.plus}<span>New conversation</span></button>
      </div>
    </dialog>`;
  }

  #rowTemplate(row: SessionRow, index: number): TemplateResult {
    const isCurrent = row.key === this.current;
    return html`<li
      id=${`session-${index}`}
      role="option"
      aria-selected=${index === this.at}
      data-current=${isCurrent}
      @click=${() => this.#choose(row)}
      @pointermove=${() => (this.at = index)}
    >
      <span class="row-title">${titleOf(row, this.mainKey)}</span>
      <span class="row-when">${whenText(row.updatedAt)}</span>
      ${row.lastMessagePreview ? html`<span class="row-preview">${plainText(row.lastMessagePreview)}</span>` : nothing}
    </li>`;
  }

  protected override updated(): void {
    this.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }

  #found(): readonly SessionRow[] {
    return this.sessions.filter((row) => matches(row, titleOf(row, this.mainKey), this.search));
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }

  readonly #typed = (event: Event): void => {
    this.search = (event.currentTarget as HTMLInputElement).value;
    this.at = 0;
  };

  readonly #pressed = (event: KeyboardEvent): void => {
    const found = this.#found();
    const last = found.length - 1;
    const moves: Record<string, number> = {
      ArrowDown: this.at >= last ? 0 : this.at + 1,
      ArrowUp: this.at <= 0 ? last : this.at - 1,
      PageDown: Math.min(last, this.at + 8),
      PageUp: Math.max(0, this.at - 8),
    };
    const to = moves[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this.at = Math.max(0, to);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      const row = found[this.at];
      if (row !== undefined) this.#choose(row);
    }
  };

  /** On the dialog itself is beside its content. */
  readonly #clicked = (event: Event): void => {
    if (event.target === this.#dialog) this.#close();
  };

  readonly #close = (): void => this.#dialog?.close();

  readonly #new = (): void => {
    this.#close();
    this.dispatchEvent(new CustomEvent("new"));
  };

  #choose(row: SessionRow): void {
    this.#close();
    this.dispatchEvent(new CustomEvent<string>("choose", { detail: row.key }));
  }
}

/** One line has no room for marks. */
function plainText(markdown: string): string {
  return withoutMessageId(markdown).replaceAll(/[*`#]+/g, "");
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

function whenText(at: number | null): string {
  if (at === null) return "";
  const date = new Date(at);
  return (date.toDateString() === new Date().toDateString() ? CLOCK : DAY).format(date);
}

customElements.define("session-picker", SessionPicker);
