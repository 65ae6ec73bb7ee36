// `<sign-in>`: shown when the gateway does not let this page in, with its own reason and the way in.

import { html, type TemplateResult } from "lit";

import { LightElement } from "./light_element";

export class SignIn extends LightElement {
  static override properties = { reason: { attribute: false } };
  declare reason: string;

  constructor() {
    super();
    this.reason = "";
  }

  protected override render(): TemplateResult {
    return html`<form class="sign-in" @submit=${this.#submitted}>
      <h2>Not connected</h2>
      <p class="problem" role="alert">${this.reason}</p>
      <p>
        Open the address that the gateway prints when it starts, or paste its token here. The token is
        <code>gateway.auth.token</code> in <code>clawdbot.json</code>.
      </p>
      <label for="token">Token</label>
      <div class="sign-in-row">
        <input id="token" name="token" type="password" autocomplete="current-password" required />
        <button type="submit" class="primary">Connect</button>
      </div>
    </form>`;
  }

  protected override firstUpdated(): void {
    this.querySelector("input")?.focus();
  }

  readonly #submitted = (event: SubmitEvent): void => {
    event.preventDefault();
    const token = new FormData(event.currentTarget as HTMLFormElement).get("token");
    if (typeof token !== "string" || token.trim() === "") return;
    this.dispatchEvent(new CustomEvent<string>("token", { detail: token.trim() }));
  };
}

customElements.define("sign-in", SignIn);
