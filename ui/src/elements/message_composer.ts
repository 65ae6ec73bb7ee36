// `<message-composer>`: where a message is written.
//
// It never refuses to be typed in: what is written while the gateway is away waits in the outbox, and what is not yet
// sent is a draft that survives everything but its own sending.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";

import { budget } from "../images/fit";
import { shrink } from "../images/shrink";
import type { Attachment } from "../protocol/frames";
import { ICONS } from "./icons";
import { LightElement } from "./light_element";
import { pictureTemplate } from "./picture";

export interface Written {
  text: string;
  attachments: readonly Attachment[];
}

interface Attached {
  file: Blob;
  name: string;
  attachment: Attachment;
}

const PICTURES_WITHOUT_WORDS = "(picture)";

export class MessageComposer extends LightElement {
  static override properties = {
    session: { attribute: false },
    draft: { attribute: false },
    isRunning: { attribute: false },
    problem: { state: true },
    attached: { state: true },
    isEmpty: { state: true },
  };
  declare session: string;
  /** What stands in the field when the session changes. */
  declare draft: string;
  declare isRunning: boolean;
  declare problem: string;
  declare attached: readonly Attached[];
  declare isEmpty: boolean;

  constructor() {
    super();
    this.session = "";
    this.draft = "";
    this.isRunning = false;
    this.problem = "";
    this.attached = [];
    this.isEmpty = true;
  }

  write(): void {
    this.#field?.focus();
  }

  choosePictures(): void {
    this.querySelector<HTMLInputElement>("input[type=file]")?.click();
  }

  /** Puts a message that was taken back into the field. */
  takeBack(text: string, attachments: readonly Attachment[]): void {
    const field = this.#field;
    if (field === null) return;
    this.#setText(field.value.trim() === "" ? text : `${text}\n${field.value}`);
    this.attached = [...this.attached, ...attachments.map(attachedAgain)];
    this.write();
  }

  async addPictures(files: Iterable<File>): Promise<void> {
    this.problem = "";
    for (const file of files) {
      const attachment = await shrink(file, file.name, budget("", 1));
      if (attachment === undefined) this.problem = `${file.name || "This file"} is no picture that can be sent.`;
      else this.attached = [...this.attached, { file, name: file.name || "picture", attachment }];
    }
  }

  protected override render(): TemplateResult {
    const isSendable = !this.isEmpty || this.attached.length > 0;
    return html`<form class="composer" @submit=${this.#submitted}>
      ${this.problem === "" ? nothing : html`<p class="problem" role="alert">${this.problem}</p>`}
      ${this.attached.length === 0 ? nothing : this.#attachedTemplate()}
      <div class="writing">
        <button type="button" class="round" aria-label="Attach pictures" title="Attach pictures (Alt+I)" @click=${this.choosePictures}>
          ${ICONS.picture}
        </button>
        <input type="file" accept="image/*" multiple hidden tabindex="-1" aria-label="Pictures" @change=${this.#chosen} />
        <textarea
          rows="1"
          aria-label="Message"
          placeholder="Write a message"
          autocomplete="off"
          @input=${this.#typed}
          @keydown=${this.#pressed}
          @paste=${this.#pasted}
        ></textarea>
        ${this.isRunning
          ? html`<button type="button" class="round stop" aria-label="Stop" title="Stop (Esc)" @click=${this.#stop}>${ICONS.stop}</button>`
          : nothing}
        ${this.isRunning && !isSendable
          ? nothing
          : html`<button type="submit" class="round send" aria-label="Send" title="Send (Enter)" aria-disabled=${!isSendable}>${ICONS.send}</button>`}
      </div>
    </form>`;
  }

  #attachedTemplate(): TemplateResult {
    return html`<ul class="attached" aria-label="Attached pictures">
      ${this.attached.map(
        ({ attachment, name }, index) => html`<li>
          ${pictureTemplate({ mimeType: attachment.mimeType, data: attachment.content }, name)}
          <button type="button" class="remove" aria-label=${`Remove ${name}`} @click=${() => this.#remove(index)}>${ICONS.close}</button>
        </li>`,
      )}
    </ul>`;
  }

  protected override firstUpdated(): void {
    // On a touch screen this would raise the keyboard over half of what there is to read.
    if (!matchMedia("(pointer: coarse)").matches) this.write();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("session")) {
      this.attached = [];
      this.problem = "";
      this.#setText(this.draft);
    }
  }

  get #field(): HTMLTextAreaElement | null {
    return this.querySelector("textarea");
  }

  #setText(text: string): void {
    const field = this.#field;
    if (field === null) return;
    field.value = text;
    this.#typed();
  }

  readonly #typed = (): void => {
    const field = this.#field;
    if (field === null) return;
    this.isEmpty = field.value.trim() === "";
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
    this.dispatchEvent(new CustomEvent<string>("draft", { detail: field.value }));
  };

  readonly #pressed = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.altKey) return;
    // On a touch screen the key makes a new line: there is a button to send, and no Shift.
    if (matchMedia("(pointer: coarse)").matches && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    void this.#send();
  };

  readonly #pasted = (event: ClipboardEvent): void => {
    const pictures = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    if (pictures.length === 0) return;
    event.preventDefault();
    void this.addPictures(pictures);
  };

  readonly #chosen = (event: Event): void => {
    const input = event.currentTarget as HTMLInputElement;
    const files = [...(input.files ?? [])];
    input.value = "";
    void this.addPictures(files).then(() => this.write());
  };

  readonly #submitted = (event: Event): void => {
    event.preventDefault();
    void this.#send();
  };

  readonly #stop = (): void => {
    this.dispatchEvent(new CustomEvent("stop"));
    this.write();
  };

  #remove(index: number): void {
    this.attached = this.attached.filter((_, at) => at !== index);
    this.write();
  }

  async #send(): Promise<void> {
    const typed = this.#field?.value.trim() ?? "";
    if (typed === "" && this.attached.length === 0) return;
    const text = typed === "" ? PICTURES_WITHOUT_WORDS : typed;
    const each = budget(text, this.attached.length);
    if (each <= 0) {
      this.problem = "This message is too long to be sent at once. Put the text into a file and name the file instead.";
      return;
    }
    const attachments: Attachment[] = [];
    for (const { file, name, attachment } of this.attached) {
      const small = attachment.content.length <= each ? attachment : await shrink(file, name, each);
      if (small === undefined) {
        this.problem = `${name} does not fit into one message with the others.`;
        return;
      }
      attachments.push(small);
    }
    this.attached = [];
    this.problem = "";
    this.#setText("");
    this.dispatchEvent(new CustomEvent<Written>("send", { detail: { text, attachments } }));
  }
}

function attachedAgain(attachment: Attachment): Attached {
  const bytes = Uint8Array.from(atob(attachment.content), (character) => character.charCodeAt(0));
  const file = new Blob([bytes], { type: attachment.mimeType });
  return { file, name: attachment.fileName, attachment };
}

customElements.define("message-composer", MessageComposer);
