// One session as the page shows it: its transcript, what is happening in it now, and what waits to be sent to it.

import { Lost, Refused } from "../protocol/connection";
import type { AgentEvent, Attachment, ChatEvent, SendReply } from "../protocol/frames";
import type { Entry, NoticeEntry, PersonEntry } from "./entry";
import { History } from "./history";
import { Merge } from "./merge";
import { OneAtATime } from "./one_at_a_time";
import type { Outbox, Pending } from "./outbox";
import { Run } from "./run";
import { isAnswered, readTranscript } from "./transcript";

export interface Gateway {
  request<T>(method: string, params: object): Promise<T>;
}

export class Conversation {
  readonly session: string;
  readonly #gateway: Gateway;
  readonly #outbox: Outbox;
  readonly #changed: () => void;
  readonly #now: () => number;
  readonly #history: History;
  readonly #merge = new Merge();
  #written: readonly Entry[] = [];
  #isLoaded = false;
  #problem: string | undefined;
  /** Runs that go on. */
  #running = new Map<string, Run>();
  /** Runs that ended and are not in the transcript yet. */
  #ended: Run[] = [];
  /** Acknowledged messages of this page, and words that no transcript has. */
  #said: Entry[] = [];
  readonly #reading = new OneAtATime(() => this.#read(() => this.#history.readNewest()));
  readonly #catchingUp = new OneAtATime(() => this.#catchUp());
  #isReadingOlder = false;
  #entries: Entry[] | undefined;

  constructor(session: string, gateway: Gateway, outbox: Outbox, changed: () => void, now: () => number = Date.now) {
    this.session = session;
    this.#gateway = gateway;
    this.#outbox = outbox;
    this.#history = new History(session, gateway);
    this.#now = now;
    this.#changed = changed;
  }

  /** Whether the history was read at least once. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Why the history could not be read. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  /** Whether there are older messages, which {@link older} reads. */
  get hasOlder(): boolean {
    return this.#history.hasOlder;
  }

  /** A run goes on and has said nothing yet. */
  get isThinking(): boolean {
    return this.isRunning && !this.entries().some((entry) => entry.kind === "assistant" && entry.isLive);
  }

  entries(): Entry[] {
    this.#entries ??= this.#merged();
    return this.#entries;
  }

  #merged(): Entry[] {
    const running = [...this.#running.values()].flatMap((run) => run.entries(true));
    const ended = this.#ended.flatMap((run) => run.entries(false));
    const waiting = this.#outbox.of(this.session).map(echo);
    const said = this.#said.filter((entry) => entry.kind !== "notice" || !this.#isToldInTranscript(entry));
    const entries = this.#merge.together(this.#written, [...said, ...ended, ...running, ...waiting]);
    this.#said = said.filter((entry) => !this.#merge.isWritten(entry.key));
    this.#ended = this.#ended.filter((run) => !run.entries(false).every((entry) => this.#merge.isWritten(entry.key)));
    return entries;
  }

  #isToldInTranscript(notice: NoticeEntry): boolean {
    return this.#written.some(
      (entry) => entry.kind === "assistant" && entry.problem === notice.text && entry.at >= notice.at - 60_000,
    );
  }

  /** After a reconnect nobody knows what became of the runs that went on: the transcript does. */
  async reopen(): Promise<void> {
    const before = [...this.#running.keys()];
    for (const id of before) this.#running.set(id, new Run(id));
    await this.refresh();
    if (isAnswered(this.#history.messages)) for (const id of before) this.#running.delete(id);
    this.touch();
  }

  /** Reads what is new; calls made meanwhile are served by one more reading. */
  refresh(): Promise<void> {
    return this.#reading.ask();
  }

  /** Reads a page of older messages. */
  async older(): Promise<void> {
    if (this.#isReadingOlder || !this.hasOlder) return;
    this.#isReadingOlder = true;
    await this.#read(() => this.#history.readOlder());
    this.#isReadingOlder = false;
  }

  async #read(reading: () => Promise<void>): Promise<void> {
    try {
      await reading();
      this.#written = readTranscript(this.#history.messages, this.hasOlder);
      this.#isLoaded = true;
      this.#problem = undefined;
    } catch (error) {
      if (error instanceof Refused) this.#problem = error.message;
      else if (!(error instanceof Lost)) throw error;
    }
    this.touch();
  }

  /**
   * Some events were not heard. What streams goes on, because each step tells the whole of it; what was written down is
   * read, and whether a run has ended is asked.
   */
  catchUp(): Promise<void> {
    return this.#catchingUp.ask();
  }

  async #catchUp(): Promise<void> {
    for (const [id, run] of [...this.#running]) if (await this.#isOver(id)) this.#end(id, run);
    await this.refresh();
  }

  async #isOver(runId: string): Promise<boolean> {
    try {
      const { status } = await this.#gateway.request<{ status: string }>("agent.wait", { runId, timeoutMs: 0 });
      return status !== "timeout";
    } catch (error) {
      if (error instanceof Lost || error instanceof Refused) return false;
      throw error;
    }
  }

  #end(id: string, run: Run): void {
    this.#running.delete(id);
    if (run.entries(false).length > 0) this.#ended.push(run);
  }

  /** Something to be shown changed. */
  touch(): void {
    this.#entries = undefined;
    this.#changed();
  }

  take(name: string, payload: unknown): void {
    if (name === "agent") this.#takeStep(payload as AgentEvent);
    else if (name === "chat") this.#takeChat(payload as ChatEvent);
  }

  #takeStep(event: AgentEvent): void {
    if (event.sessionKey !== this.session) return;
    const isOver = this.#ended.some((run) => run.id === event.runId);
    if (isOver || (event.stream === "lifecycle" && event.data.phase !== "start")) return;
    const isNew = !this.#running.has(event.runId);
    const run = this.#run(event.runId);
    if (run.take(event) || isNew) this.touch();
    // What another window said, or another channel, stands in the transcript by now.
    if (isNew) void this.refresh();
  }

  #takeChat(event: ChatEvent): void {
    if (event.sessionKey !== this.session) return;
    const text = said(event);
    if (event.state === "delta") {
      if (text !== "" && this.#run(event.runId).say(text, this.#now())) this.touch();
      return;
    }
    const run = this.#running.get(event.runId);
    if (run !== undefined) {
      if (text !== "" && run.entries(false).length > 0) run.say(text, this.#now());
      this.#end(event.runId, run);
    }
    if (event.state === "error") this.#notice(event.errorMessage ?? "The run failed.");
    this.touch();
    void this.refresh().then(() => {
      if (run === undefined || run.entries(false).length === 0) this.#keepIfUnwritten(event, text);
    });
  }

  /** The answer to a command streams nowhere and is in no transcript. */
  #keepIfUnwritten(event: ChatEvent, text: string): void {
    if (text === "" || event.state !== "final") return;
    const key = `said:${event.runId}`;
    const latest = this.#written.slice(-4);
    const isWritten = latest.some(
      (entry) => entry.kind === "assistant" && entry.parts.some((part) => part.kind === "text" && part.text.trim() === text.trim()),
    );
    if (isWritten || this.#said.some((entry) => entry.key === key)) return;
    const at = event.message?.timestamp ?? this.#now();
    const parts = [{ kind: "text", text }] as const;
    this.#said.push({ kind: "assistant", key, at, parts, isLive: false, wasStopped: false });
    this.touch();
  }

  #run(id: string): Run {
    let run = this.#running.get(id);
    if (run === undefined) {
      run = new Run(id);
      this.#running.set(id, run);
    }
    return run;
  }

  /** What the gateway said to a message of this session. */
  acknowledged(pending: Pending, reply: SendReply): void {
    this.#said.push({ ...echo(pending), delivery: { state: "sent" } });
    if (reply.status === "started" || reply.status === "in_flight") this.#run(reply.runId ?? pending.key);
    else void this.refresh();
    this.touch();
  }

  async stop(): Promise<void> {
    const runs = [...this.#running.keys()];
    for (const runId of runs) {
      try {
        const params = { sessionKey: this.session, runId };
        const { aborted } = await this.#gateway.request<{ aborted: boolean }>("chat.abort", params);
        // The gateway knows of no such run, so its end was missed.
        if (!aborted) this.#running.delete(runId);
      } catch (error) {
        if (error instanceof Refused) this.#notice(error.message);
        else if (!(error instanceof Lost)) throw error;
      }
    }
    await this.refresh();
  }

  #notice(text: string): void {
    const at = this.#now();
    this.#said.push({ kind: "notice", key: `notice:${at}:${this.#said.length}`, at, text });
    this.touch();
  }
}

function said({ message }: ChatEvent): string {
  const content = message?.content;
  if (typeof content === "string") return content;
  return (content ?? []).flatMap((part) => (part.type === "text" && part.text !== undefined ? [part.text] : [])).join("\n");
}

function echo(pending: Pending): PersonEntry {
  const { key, at, text, refusal } = pending;
  const images = pending.attachments.map(({ mimeType, content }: Attachment) => ({ mimeType, data: content }));
  const delivery = refusal === undefined ? ({ state: "waiting" } as const) : ({ state: "refused", reason: refusal } as const);
  return { kind: "person", key: `sent:${key}`, at, text, images, delivery };
}
