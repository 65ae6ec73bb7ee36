// How the page comes to its token: the address carries a one-time code, which the gateway exchanges for the token.
//
// The code is taken out of the address at once, so that it stays in no history. On the owner's machine the token is kept
// for good; on a page reached over the network it is forgotten with the tab.

const TOKEN = "clawdbot.token";
const DEVICE_TOKEN = "clawdbot.deviceToken";

export class Access {
  readonly #kept: Storage;
  readonly #base: URL;

  constructor(base: URL) {
    this.#base = base;
    this.#kept = isOwnMachine(base.hostname) ? localStorage : sessionStorage;
  }

  /** What to try, best first. No token at all is worth a try too: the gateway may not ask for one. */
  tokens(): readonly string[] {
    const kept = [this.#kept.getItem(TOKEN), this.#kept.getItem(DEVICE_TOKEN)];
    const tokens = kept.filter((token) => token !== null);
    return tokens.length > 0 ? tokens : [""];
  }

  keep(token: string): void {
    this.#kept.setItem(TOKEN, token);
  }

  keepDeviceToken(token: string): void {
    this.#kept.setItem(DEVICE_TOKEN, token);
  }

  /** Exchanges the code in the address, if there is one. The answer is the gateway's sentence when it refuses. */
  async exchange(): Promise<string | undefined> {
    const code = codeOf(location.hash);
    if (code === undefined) return undefined;
    history.replaceState(history.state, "", location.pathname + location.search);
    try {
      const reply = await this.#ask(code);
      if (typeof reply.token === "string") {
        this.keep(reply.token);
        return undefined;
      }
      return reply.error?.message ?? "the gateway did not take the code of this address";
    } catch {
      return "the gateway could not be reached to exchange the code of this address";
    }
  }

  async #ask(code: string): Promise<{ token?: string; error?: { message?: string } }> {
    const request = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code }),
    };
    // Behind a proxy the gateway lives below the page's own path, with a configured base path it stays at the root.
    const beside = await fetch(new URL("__clawdbot/exchange", this.#base), request);
    const isMissing = beside.status === 404 || beside.status === 405;
    const answer = isMissing ? await fetch(new URL("/__clawdbot/exchange", this.#base), request) : beside;
    return await answer.json();
  }
}

export function codeOf(hash: string): string | undefined {
  return new URLSearchParams(hash.replace(/^#/, "")).get("code") ?? undefined;
}

export function isOwnMachine(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127\./.test(host);
}
