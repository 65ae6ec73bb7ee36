// The page's icons: strokes in the colour of the text beside them. Each is decoration; its button says what it does.

import { svg, type SVGTemplateResult } from "lit";

const icon = (paths: SVGTemplateResult): SVGTemplateResult => svg`<svg
  class="icon" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.75"
  stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${paths}</svg>`;

export const ICONS = {
  plus: icon(svg`<path d="M12 5v14M5 12h14" />`),
  chevron: icon(svg`<path d="m7 10 5 5 5-5" />`),
  send: icon(svg`<path d="M12 19V5M6 11l6-6 6 6" />`),
  stop: icon(svg`<rect x="7" y="7" width="10" height="10" rx="1.5" fill="currentColor" />`),
  picture: icon(svg`<rect x="4" y="5" width="16" height="14" rx="2.5" /><path d="m4.5 17 4.5-5 3.5 3.5 2.5-2.5 4.5 4.5" /><circle cx="15.5" cy="9.5" r="1.2" />`),
  down: icon(svg`<path d="M12 5v14M6 13l6 6 6-6" />`),
  close: icon(svg`<path d="m7 7 10 10M17 7 7 17" />`),
  sun: icon(svg`<circle cx="12" cy="12" r="4" /><path d="M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1 1M17.4 17.4l1 1M18.4 5.6l-1 1M6.6 17.4l-1 1" />`),
  moon: icon(svg`<path d="M19.5 14.2A8 8 0 1 1 9.8 4.5a6.4 6.4 0 0 0 9.7 9.7z" />`),
  help: icon(svg`<circle cx="12" cy="12" r="8.5" /><path d="M9.8 9.5a2.3 2.3 0 1 1 3.2 2.2c-.7.3-1 .8-1 1.6" /><path d="M12 16.4v.1" />`),
  search: icon(svg`<circle cx="11" cy="11" r="6" /><path d="m19.5 19.5-4.2-4.2" />`),
};
