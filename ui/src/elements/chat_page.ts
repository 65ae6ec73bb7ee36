// `<chat-page>`: the whole page. It joins what is known (`WebChat`) with what is seen, and every action with its keys.

import { html, nothing, type TemplateResult } from "lit";

import { WebChat } from "../chat/web_chat";
import type { Listener } from "../protocol/connection";
import { ownDevice } from "../protocol/device";
import { actionOf, type Action } from "../shortcuts";
import { currentTheme, recallTheme, toggleTheme } from "../theme";
import { ICONS } from "./icons";
import { LightElement } from "./light_element";
import { MessageComposer, type Written } from "./message_composer";
import { MessageList } from "./message_list";
import { SessionPicker } from "./session_picker";
import { ShortcutHelp } from "./shortcut_help";
import "./sign_in";

export class ChatPage extends LightElement {
  static override properties = { isDropping: { state: true }, announced: { state: true } };
  declare isDropping: boolean;
  /** Said to those who listen instead of look. */
  declare announced: string;

  readonly #chat = new WebChat(
    new URL(".", location.href),
    {
      socket: openSocket,
      now: Date.now,
      later: (action, ms) => {
        const timer = setTimeout(action, ms);
        return () => clearTimeout(timer);
      },
      device: remembered(ownDevice),
    },
    () => this.#changed(),
  );
  #wasRunning = false;

  constructor() {
    super();
    this.isDropping = false;
    this.announced = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    recallTheme();
    document.addEventListener("keydown", this.#pressed);
    window.addEventListener("online", this.#hurry);
    document.addEventListener("visibilitychange", this.#hurry);
    void this.#chat.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.#pressed);
    window.removeEventListener("online", this.#hurry);
    document.removeEventListener("visibilitychange", this.#hurry);
  }

  protected override render(): TemplateResult {
    const chat = this.#chat;
    const isRefused = chat.status.state === "refused";
    return html`<div
      class="page"
      data-dropping=${this.isDropping}
      @dragover=${this.#draggedOver}
      @dragleave=${this.#draggedOut}
      @drop=${this.#dropped}
      @click=${this.#clicked}
    >
      ${this.#headerTemplate()} ${this.#bannerTemplate()}
      <main>${isRefused ? this.#signInTemplate() : this.#conversationTemplate()}</main>
      <session-picker
        .sessions=${chat.sessions}
        .mainKey=${chat.mainKey}
        .current=${chat.conversation?.session ?? ""}
        @choose=${(event: CustomEvent<string>) => this.#open(event.detail)}
        @new=${() => this.#do("new")}
      ></session-picker>
      <shortcut-help></shortcut-help>
      <div class="unseen" role="status">${this.announced}</div>
    </div>`;
  }

  #headerTemplate(): TemplateResult {
    const chat = this.#chat;
    const isDark = currentTheme() === "dark";
    return html`<header>
      <h1>
        <button type="button" class="session-button" aria-haspopup="dialog" title="Conversations (Ctrl+K)" @click=${() => this.#do("sessions")}>
          <span class="unseen">Conversation: </span><span class="session-title">${chat.title}</span>${ICONS.chevron}
        </button>
      </h1>
      <nav aria-label="Page">
        ${chat.status.state === "refused" ? nothing : iconButton("New conversation", "Alt+N", ICONS.plus, () => this.#do("new"))}
        ${iconButton(isDark ? "Light" : "Dark", "Alt+L", isDark ? ICONS.sun : ICONS.moon, () => this.#do("theme"))}
        ${iconButton("Keys", "?", ICONS.help, () => this.#do("help"))}
      </nav>
    </header>`;
  }

  #bannerTemplate(): TemplateResult | typeof nothing {
    const { status, wasOpen } = this.#chat;
    const isAway = status.state === "waiting" || (status.state === "connecting" && wasOpen);
    if (!isAway) return nothing;
    return html`<p class="banner" role="status">
      <span class="typing" aria-hidden="true"></span>The gateway is away. What you write is kept and sent when it is back.
    </p>`;
  }

  #signInTemplate(): TemplateResult {
    const { status } = this.#chat;
    const reason = status.state === "refused" ? status.message : "";
    return html`<sign-in .reason=${reason} @token=${(event: CustomEvent<string>) => this.#chat.signIn(event.detail)}></sign-in>`;
  }

  #conversationTemplate(): TemplateResult {
    const chat = this.#chat;
    const conversation = chat.conversation;
    const session = conversation?.session ?? "";
    const entries = conversation?.entries() ?? [];
    const isEmpty = conversation?.isLoaded === true && entries.length === 0 && !conversation.hasOlder;
    return html`${conversation?.problem === undefined ? nothing : html`<p class="problem banner" role="alert">${conversation.problem}</p>`}
      ${isEmpty ? greeting() : nothing}
      <message-list
        ?hidden=${isEmpty}
        .entries=${entries}
        .session=${session}
        .hasOlder=${conversation?.hasOlder ?? false}
        .isThinking=${conversation?.isThinking ?? false}
        .actions=${this.#entryActions}
        @older=${() => void conversation?.older()}
      ></message-list>
      <message-composer
        .session=${session}
        .draft=${chat.drafts.of(session)}
        .isRunning=${conversation?.isRunning ?? false}
        @draft=${(event: CustomEvent<string>) => chat.drafts.keep(session, event.detail)}
        @send=${this.#sent}
        @stop=${() => this.#do("stop")}
      ></message-composer>`;
  }

  get #composer(): MessageComposer | null {
    return this.querySelector("message-composer");
  }

  get #list(): MessageList | null {
    return this.querySelector("message-list");
  }

  readonly #entryActions = {
    sendAgain: (key: string) => this.#chat.sendAgain(pendingKey(key)),
    takeBack: (key: string) => {
      const pending = this.#chat.takeBack(pendingKey(key));
      if (pending !== undefined) this.#composer?.takeBack(pending.text, pending.attachments);
    },
  };

  #changed(): void {
    const isRunning = this.#chat.conversation?.isRunning ?? false;
    if (this.#wasRunning !== isRunning) this.announced = isRunning ? "The assistant is at work." : "The assistant is done.";
    this.#wasRunning = isRunning;
    this.dataset["status"] = this.#chat.status.state;
    document.title = `${this.#chat.title} · Clawdbot`;
    this.requestUpdate();
  }

  #do(action: Action): void {
    const chat = this.#chat;
    switch (action) {
      case "help":
        return this.querySelector<ShortcutHelp>("shortcut-help")?.show();
      case "sessions":
        void chat.list();
        return this.querySelector<SessionPicker>("session-picker")?.show();
      case "new":
        chat.newSession();
        return this.#composer?.write();
      case "stop":
        return void chat.conversation?.stop();
      case "write":
        return this.#composer?.write();
      case "attach":
        return this.#composer?.choosePictures();
      case "theme":
        toggleTheme();
        return this.requestUpdate();
      case "previous":
        return this.#list?.step(-1);
      case "next":
        return this.#list?.step(1);
      case "newest":
        return this.#list?.toNewest();
    }
  }

  #open(key: string): void {
    this.#chat.openSession(key);
    this.#composer?.write();
  }

  readonly #sent = (event: CustomEvent<Written>): void => {
    this.#chat.send(event.detail.text, event.detail.attachments);
    this.#list?.toNewest();
  };

  readonly #pressed = (event: KeyboardEvent): void => {
    const action = actionOf(event);
    // An open dialog has its own keys, Escape among them.
    if (action === undefined || this.querySelector("dialog[open]") !== null) return;
    if (action === "stop" && this.#chat.conversation?.isRunning !== true) return;
    event.preventDefault();
    this.#do(action);
  };

  readonly #hurry = (): void => {
    if (document.visibilityState === "visible") this.#chat.hurry();
  };

  /** The copy buttons are inside texts that no element of ours renders, so their clicks arrive here. */
  readonly #clicked = (event: Event): void => {
    const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>("button.copy") : null;
    const code = button?.dataset["copy"];
    if (button === null || code === undefined) return;
    void navigator.clipboard.writeText(code).then(() => {
      button.textContent = "Copied";
      this.announced = "Copied";
    });
  };

  readonly #draggedOver = (event: DragEvent): void => {
    if (event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    this.isDropping = true;
  };

  readonly #draggedOut = (event: DragEvent): void => {
    if (event.relatedTarget === null) this.isDropping = false;
  };

  readonly #dropped = (event: DragEvent): void => {
    event.preventDefault();
    this.isDropping = false;
    void this.#composer?.addPictures([...(event.dataTransfer?.files ?? [])]);
    this.#composer?.write();
  };
}

function openSocket(url: string, listener: Listener): WebSocket {
  const socket = new WebSocket(url);
  socket.onmessage = ({ data }) => listener.message(data);
  socket.onclose = ({ code, reason }) => listener.closed(code, reason);
  return socket;
}

function iconButton(label: string, keys: string, icon: unknown, action: () => void): TemplateResult {
  return html`<button
    type="button"
    class="icon-button"
    aria-label=${label}
    title=${`${label} (${keys})`}
    @click=${action}
  >
    ${icon}
  </button>`;
}

function greeting(): TemplateResult {
  return html`<section class="greeting" aria-label="Start">
    <h2>What shall we do?</h2>
    <p>Write below. Pictures can be pasted or dropped. Press <kbd>Ctrl</kbd> <kbd>/</kbd> for all keys.</p>
  </section>`;
}

/** Entries of messages that wait are named after their idempotency key. */
function pendingKey(entryKey: string): string {
  return entryKey.replace(/^sent:/, "");
}

function remembered<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

customElements.define("chat-page", ChatPage);
