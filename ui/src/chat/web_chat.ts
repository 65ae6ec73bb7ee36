// The page's one picture of the world: the connection, the sessions, and the session that is open.
//
// It knows no element; elements read it and are told when it changed.

import { Access } from "../access";
import { Connection, Lost, Refused, type Status, type Surroundings } from "../protocol/connection";
import type { Attachment, SendReply, SessionRow, SessionsReply } from "../protocol/frames";
import { Conversation } from "./conversation";
import { BeforeDrawing } from "./drawing";
import { Drafts } from "./drafts";
import { Outbox, type Pending } from "./outbox";
import { randomId } from "./random_id";
import { Sending } from "./sending";
import { isOwn, newSessionKey, titleOf } from "./sessions";
import { BrowserShelf, type Shelf } from "./storage";

const OPEN_SESSION = "clawdbot.session";
const LISTED = 200;

export class WebChat {
  readonly drafts: Drafts;
  readonly #access: Access;
  readonly #shelf: Shelf;
  readonly #outbox: Outbox;
  readonly #connection: Connection;
  readonly #sending: Sending;
  readonly #changed: () => void;
  status: Status = { state: "connecting" };
  /** Whether a gateway was reached since the page was opened. */
  wasOpen = false;
  sessions: readonly SessionRow[] = [];
  conversation: Conversation | undefined;
  mainKey = "";
  #agentId = "main";
  #listing = false;
  /** A model may write faster than a screen draws. */
  readonly #arrived: BeforeDrawing;
  #isHearing = false;

  constructor(base: URL, around: Surroundings, changed: () => void) {
    this.#changed = changed;
    this.#arrived = new BeforeDrawing(changed);
    this.#shelf = new BrowserShelf();
    this.drafts = new Drafts(this.#shelf);
    this.#outbox = new Outbox(this.#shelf);
    this.#access = new Access(base);
    const socket = new URL(base);
    socket.protocol = base.protocol === "https:" ? "wss:" : "ws:";
    this.#connection = new Connection(
      socket.href,
      {
        status: (status) => this.#turned(status),
        event: (name, payload) => this.#heard(name, payload),
        missed: () => this.#missed(),
        deviceToken: (token) => this.#access.keepDeviceToken(token),
      },
      around,
    );
    this.#sending = new Sending(this.#connection, this.#outbox, {
      acknowledged: (pending, reply) => this.#acknowledged(pending, reply),
      refused: () => this.conversation?.touch(),
    });
    const last = this.#shelf.read(OPEN_SESSION);
    if (last !== undefined) this.#show(last);
  }

  async start(): Promise<void> {
    const problem = await this.#access.exchange();
    this.#connection.start(this.#access.tokens());
    if (problem !== undefined && this.#access.tokens()[0] === "") {
      this.#connection.stop();
      this.#turned({ state: "refused", message: problem });
    }
  }

  /** Tries the token that a person typed. */
  signIn(token: string): void {
    this.#access.keep(token);
    this.#connection.start(this.#access.tokens());
  }

  hurry(): void {
    this.#connection.hurry();
  }

  get title(): string {
    const key = this.conversation?.session ?? this.mainKey;
    const row = this.sessions.find((one) => one.key === key);
    if (row === undefined && isOwn(key)) return "New conversation";
    return titleOf(row ?? { key }, this.mainKey);
  }

  openSession(key: string): void {
    if (this.conversation?.session === key) return;
    this.#show(key);
    if (this.#connection.isOpen) void this.conversation?.refresh();
    this.#changed();
  }

  newSession(): void {
    this.openSession(newSessionKey(this.#agentId));
  }

  send(text: string, attachments: readonly Attachment[]): void {
    const session = this.conversation?.session;
    if (session === undefined) return;
    this.#outbox.put({ key: randomId(), session, text, attachments, at: Date.now() });
    this.conversation?.touch();
    void this.#sending.flush();
  }

  /** Sends a refused message once more, as a new one. */
  sendAgain(key: string): void {
    const pending = this.#outbox.remove(key);
    if (pending === undefined) return;
    this.send(pending.text, pending.attachments);
  }

  /** Takes a refused message back, to be changed. */
  takeBack(key: string): Pending | undefined {
    const pending = this.#outbox.remove(key);
    this.conversation?.touch();
    return pending;
  }

  async list(): Promise<void> {
    if (this.#listing) return;
    this.#listing = true;
    try {
      const params = { limit: LISTED, includeDerivedTitles: true, includeLastMessage: true };
      const { sessions } = await this.#connection.request<SessionsReply>("sessions.list", params);
      this.sessions = sessions;
      this.#changed();
    } catch (error) {
      if (!(error instanceof Lost || error instanceof Refused)) throw error;
    } finally {
      this.#listing = false;
    }
  }

  #acknowledged(pending: Pending, reply: SendReply): void {
    if (pending.session === this.conversation?.session) this.conversation.acknowledged(pending, reply);
  }

  #show(key: string): void {
    this.#shelf.write(OPEN_SESSION, key);
    const changed = (): void => (this.#isHearing ? this.#arrived.ask() : this.#changed());
    this.conversation = new Conversation(key, this.#connection, this.#outbox, changed);
  }

  #turned(status: Status): void {
    this.status = status;
    if (status.state === "open") {
      this.wasOpen = true;
      const defaults = status.hello.snapshot.sessionDefaults;
      this.mainKey = defaults?.mainSessionKey ?? "agent:main:main";
      this.#agentId = defaults?.defaultAgentId ?? "main";
      if (this.conversation === undefined) this.#show(this.mainKey);
      void this.#sending.flush();
      // History before the list: it is what the reader waits for.
      void this.conversation?.reopen().then(() => this.list());
    }
    this.#changed();
  }

  #heard(name: string, payload: unknown): void {
    this.#isHearing = true;
    this.conversation?.take(name, payload);
    this.#isHearing = false;
    const ended = name === "chat" && (payload as { state?: string }).state !== "delta";
    if (ended) void this.list();
  }

  #missed(): void {
    void this.conversation?.catchUp();
    void this.list();
  }
}
