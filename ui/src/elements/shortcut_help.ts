// `<shortcut-help>`: all keys on one page.

import { html, type TemplateResult } from "lit";

import { SHORTCUTS, WRITING } from "../shortcuts";
import { ICONS } from "./icons";
import { LightElement } from "./light_element";

export class ShortcutHelp extends LightElement {
  show(): void {
    this.querySelector("dialog")?.showModal();
  }

  protected override render(): TemplateResult {
    const row = ({ keys, words }: { keys: readonly string[]; words: string }): TemplateResult => html`<div class="key-row">
      <dt>${keys.map((key) => html`<kbd>${nameOf(key)}</kbd>`)}</dt>
      <dd>${words}</dd>
    </div>`;
    return html`<dialog class="panel help" aria-labelledby="help-title" @click=${this.#clicked}>
      <div class="panel-head">
        <h2 id="help-title">Keys</h2>
        <button type="button" class="icon-button" aria-label="Close" @click=${this.#close}>${ICONS.close}</button>
      </div>
      <dl>${WRITING.map(row)}${SHORTCUTS.map(row)}</dl>
    </dialog>`;
  }

  readonly #clicked = (event: Event): void => {
    if (event.target === this.querySelector("dialog")) this.#close();
  };

  readonly #close = (): void => this.querySelector("dialog")?.close();
}

/** As it is printed on the key. */
function nameOf(key: string): string {
  const isMac = navigator.platform.startsWith("Mac");
  return (isMac && { Ctrl: "⌘", Alt: "⌥" }[key]) || key;
}

customElements.define("shortcut-help", ShortcutHelp);
