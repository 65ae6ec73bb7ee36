// A picture of a message. Its data is in the message, so showing it asks nobody.

import { html, nothing, type TemplateResult } from "lit";

import type { Picture } from "../chat/entry";

/** What a picture can be without being a program: no SVG. */
const SHOWN = new Set(["image/png", "image/jpeg", "image/webp", "image/gif"]);

export function pictureTemplate({ mimeType, data }: Picture, label: string): TemplateResult | typeof nothing {
  if (!SHOWN.has(mimeType)) return nothing;
  return html`<img class="picture" src=${`data:${mimeType};base64,${data}`} alt=${label} />`;
}
