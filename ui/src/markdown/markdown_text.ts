// `<markdown-text>`: a text that may still be growing.
//
// Blocks whose source did not change keep their nodes, so that a selection, an open link's focus and the reader's place
// survive while the end of the text arrives.

import { GrowingText } from "./growing";

export class MarkdownText extends HTMLElement {
  #text = "";
  readonly #growing = new GrowingText();
  #shown: { raw: string; node: Node }[] = [];

  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    if (text === this.#text) return;
    this.#text = text;
    this.#show();
  }

  #show(): void {
    const wanted = this.#growing.read(this.#text);
    let same = 0;
    while (same < wanted.length && wanted[same]?.raw === this.#shown[same]?.raw) same += 1;
    const [old, grown] = [this.#shown[same], wanted[same]];
    if (old !== undefined && grown?.grow(old.node) === true) {
      old.raw = grown.raw;
      same += 1;
    }
    for (const { node } of this.#shown.splice(same)) (node as ChildNode).remove();
    for (const block of wanted.slice(same)) {
      const node = block.node();
      this.#shown.push({ raw: block.raw, node });
      this.append(node);
    }
  }
}

customElements.define("markdown-text", MarkdownText);

declare global {
  interface HTMLElementTagNameMap {
    "markdown-text": MarkdownText;
  }
}
