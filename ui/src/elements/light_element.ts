// The base of the page's elements: they render into the page itself, not into a shadow of it, so that one style sheet,
// the browser's search and a screen reader see the page as a whole.

import { LitElement } from "lit";

export class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
