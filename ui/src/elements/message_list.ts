// `<message-list>`: a conversation of any length, of which only what is on the screen is in the page.
//
// A reader at the end follows what arrives. A reader anywhere else stays on the line they read, whatever is added,
// measured or removed above and below: their place is an entry and a distance into it, not a distance from the top.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import type { Entry } from "../chat/entry";
import { Heights } from "../scroll/heights";
import { isSame, lastWindow, windowOf, type Window } from "../scroll/window";
import { ICONS } from "./icons";
import { LightElement } from "./light_element";
import { entryTemplate, type EntryActions } from "./message_entry";

/** So close to the end counts as being there. */
const NEAR_PX = 24;
/** So near the first message, older ones are asked for: a few screens of reading. */
const OLDER_PX = 3000;
/** So long without scrolling is rest. */
const RESTED_MS = 150;
/** Until the screen was measured. */
const FIRST_VIEWPORT_PX = 800;

export class MessageList extends LightElement {
  static override properties = {
    entries: { attribute: false },
    actions: { attribute: false },
    session: { attribute: false },
    hasOlder: { attribute: false },
    isThinking: { attribute: false },
  };
  declare entries: readonly Entry[];
  declare actions: Pick<EntryActions, "sendAgain" | "takeBack">;
  declare session: string;
  /** Whether there are older messages than these; they are asked for when the reader comes near. */
  declare hasOlder: boolean;
  declare isThinking: boolean;

  readonly #heights = new Heights();
  #window: Window = { first: 0, end: 0, before: 0, after: 0 };
  #isFollowing = true;
  /** On the way to the first message of all, which may not be here yet. */
  #isGoingToFirst = false;
  #anchor: { key: string; offset: number } | undefined;
  #lastTop = 0;
  /** Height of the room before the window. */
  #room = 0;
  #isScrolling = false;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #width = 0;
  #hadFocus = false;
  readonly #unfolded = new Set<string>();
  readonly #resized = new ResizeObserver(() => this.#settle());
  #observed = new Set<Element>();

  constructor() {
    super();
    this.entries = [];
    this.session = "";
    this.hasOlder = false;
    this.isThinking = false;
  }

  toNewest(): void {
    this.#isFollowing = true;
    this.#isGoingToFirst = false;
    this.#isScrolling = false;
    this.requestUpdate();
  }

  toOldest(): void {
    this.#isGoingToFirst = true;
    this.#isScrolling = false;
    this.#leaveEnd(-this.#padding);
    this.requestUpdate();
  }

  /** One message up or down. */
  step(by: -1 | 1): void {
    const top = this.#lastTop;
    const here = this.#heights.at(top + 1);
    const isInside = top - this.#heights.start(here) > 2;
    const to = by === 1 ? here + 1 : isInside ? here : here - 1;
    this.#scroller.scrollTop = this.#heights.start(to) + this.#above;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#rest);
    this.#resized.disconnect();
    this.#observed.clear();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("session")) {
      this.#isFollowing = true;
      this.#isGoingToFirst = false;
      this.#anchor = undefined;
      this.#unfolded.clear();
    }
    if (changed.has("entries")) this.#heights.keys = this.entries.map((entry) => entry.key);
    if (this.#isGoingToFirst) this.#leaveEnd(-this.#padding);
    this.#window = this.#wanted();
    this.#hadFocus = this.contains(document.activeElement);
  }

  protected override render(): TemplateResult {
    const { first, end } = this.#window;
    const shown = this.entries.slice(first, end);
    return html`<div class="scroller" tabindex="0" role="region" aria-label="Messages" @scroll=${this.#scrolled} @keydown=${this.#pressed} @wheel=${this.#taken} @pointerdown=${this.#taken}>
        <div class="column">
          ${this.hasOlder ? html`<p class="meta older">Older messages are being read</p>` : nothing}
          <div class="room before"></div>
          ${repeat(
            shown,
            (entry) => entry.key,
            (entry, index) => entryTemplate(entry, this.#isFirstOfSpeaker(first + index), this.#allActions),
          )}
          <div class="room after"></div>
          ${this.isThinking ? html`<p class="thinking-mark"><span class="typing" role="img" aria-label="thinking"></span></p>` : nothing}
        </div>
      </div>
      ${this.#isFollowing
        ? nothing
        : html`<button type="button" class="newest" @click=${this.toNewest}>${ICONS.down}<span>Newest</span></button>`}`;
  }

  protected override updated(): void {
    // Not by a search, which would go through every word of a long answer.
    const column = this.#scroller.firstElementChild?.children ?? [];
    const shown = new Set([...column].filter((child) => child.classList.contains("entry")));
    for (const gone of this.#observed) if (!shown.has(gone)) this.#resized.unobserve(gone);
    for (const come of shown) if (!this.#observed.has(come)) this.#resized.observe(come);
    if (this.#observed.size === 0) this.#resized.observe(this.#scroller);
    this.#observed = shown;
    this.#settle();
    this.#askForOlder();
    // An entry that left the page must not take the keyboard with it.
    if (this.#hadFocus && document.activeElement === document.body) this.#scroller.focus({ preventScroll: true });
  }

  readonly #allActions: EntryActions = {
    has: (id) => this.#unfolded.has(id),
    set: (id, isOpen) => {
      if (this.#unfolded.has(id) === isOpen) return;
      if (isOpen) this.#unfolded.add(id);
      else this.#unfolded.delete(id);
      // What was opened stays where it was clicked, even at the end.
      if (isOpen) this.#stay();
      this.requestUpdate();
    },
    sendAgain: (key) => this.actions.sendAgain(key),
    takeBack: (key) => this.actions.takeBack(key),
  };

  #isFirstOfSpeaker(index: number): boolean {
    return this.entries[index - 1]?.kind !== this.entries[index]?.kind;
  }

  get #scroller(): HTMLElement {
    return this.querySelector<HTMLElement>(".scroller") ?? this;
  }

  /** Room above the first entry that is not an entry's. */
  get #padding(): number {
    const scroller = this.#scroller;
    const before = scroller.querySelector(".before")?.getBoundingClientRect().top ?? 0;
    return before - scroller.getBoundingClientRect().top + scroller.scrollTop;
  }

  /** How much lower everything is on the screen than in the heights. */
  get #above(): number {
    return this.#padding + this.#room - this.#heights.start(this.#window.first);
  }

  #wanted(): Window {
    const viewport = this.#scroller.clientHeight || FIRST_VIEWPORT_PX;
    const place = this.#place();
    return place === undefined ? lastWindow(this.#heights, viewport) : windowOf(this.#heights, place, viewport);
  }

  /** Where the reader is, counted from the top of the first entry; nothing at the end. */
  #place(): number | undefined {
    if (this.#isFollowing || this.#anchor === undefined) return undefined;
    const index = this.#heights.keys.indexOf(this.#anchor.key);
    return index === -1 ? this.#lastTop : this.#heights.start(index) + this.#anchor.offset;
  }

  /** Measures what is shown, gives the rest its room, and puts the reader back where they were. */
  #settle(): void {
    const scroller = this.#scroller;
    if (scroller === this) return;
    if (scroller.clientWidth !== this.#width) {
      if (this.#width !== 0) this.#heights.forget();
      this.#width = scroller.clientWidth;
    }
    for (const entry of this.#observed) {
      const key = (entry as HTMLElement).dataset["key"];
      if (key !== undefined) this.#heights.measure(key, entry.getBoundingClientRect().height);
    }
    const { first, end } = this.#window;
    const place = this.#place();
    const start = this.#heights.start(first);
    const padding = this.#padding;
    const gliding = place === undefined || !this.#isScrolling ? -1 : scroller.scrollTop - padding - place + start;
    // To scroll under a finger, a wheel or an animation would stop it, so while it moves the room before the window
    // gives way instead. Otherwise the reader's place comes to a whole pixel: browsers scroll by those, and the page
    // would tremble.
    const whole = place === undefined ? start : start + Math.round(place + padding) - (place + padding);
    this.#room = gliding >= 0 ? gliding : Math.max(0, whole);
    setHeight(scroller, ".before", this.#room);
    setHeight(scroller, ".after", this.#heights.total - this.#heights.start(end));
    const top = place === undefined ? scroller.scrollHeight - scroller.clientHeight : place + this.#above;
    if (Math.abs(scroller.scrollTop - top) > 0.5) scroller.scrollTop = top;
    this.#lastTop = scroller.scrollTop - this.#above;
    if (!isSame(this.#window, this.#wanted())) this.requestUpdate();
  }

  readonly #scrolled = (): void => {
    const scroller = this.#scroller;
    this.#isScrolling = true;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(this.#rested, RESTED_MS);
    // The very top is the beginning, whatever the guesses were.
    const top = scroller.scrollTop <= 0 ? -this.#padding : scroller.scrollTop - this.#above;
    const isNear = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX;
    const wasFollowing = this.#isFollowing;
    if (isNear) this.#isFollowing = true;
    // Only a reader scrolls up; what arrives makes the way down longer, which is no wish to stop following. Where the
    // list itself has put a reader who stands somewhere else, they stay with the message they had.
    else if (top < this.#lastTop - 1 || (!this.#isFollowing && Math.abs(top - this.#lastTop) > 0.5)) this.#leaveEnd(top);
    this.#lastTop = top;
    this.#askForOlder();
    if (wasFollowing !== this.#isFollowing || !isSame(this.#window, this.#wanted())) this.requestUpdate();
  };

  #askForOlder(): void {
    if (!this.hasOlder) this.#isGoingToFirst = false;
    else if (this.#lastTop < OLDER_PX) this.dispatchEvent(new CustomEvent("older"));
  }

  /** The reader goes their own way. */
  readonly #taken = (): void => {
    this.#isGoingToFirst = false;
  };

  readonly #rested = (): void => {
    this.#isScrolling = false;
    this.#settle();
  };

  /** At once, because a long glide would pass thousands of messages that nobody reads. */
  readonly #pressed = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    this.#taken();
    if (event.key === "End") this.toNewest();
    else if (event.key === "Home") this.toOldest();
    else return;
    event.preventDefault();
  };

  #stay(): void {
    this.#leaveEnd(this.#lastTop);
  }

  #leaveEnd(top: number): void {
    this.#isFollowing = false;
    const index = this.#heights.at(top);
    const key = this.#heights.keys[index];
    this.#anchor = key === undefined ? undefined : { key, offset: top - this.#heights.start(index) };
  }
}

function setHeight(scroller: HTMLElement, name: string, height: number): void {
  scroller.querySelector<HTMLElement>(name)?.style.setProperty("height", `${height}px`);
}

customElements.define("message-list", MessageList);
