// One connection to the gateway that comes back by itself.
//
// It lets itself in, pairs answers with questions, passes events on, notices a silent gateway by its missing ticks, and
// tries again until it is told that its credentials are wrong. A question that was open when the socket closed is
// answered with `Lost`: the asker decides whether to ask again.

import { Backoff } from "./backoff";
import { signedPayload, type Device } from "./device";
import { PROTOCOL, readFrame, type Frame, type Hello, type WireError } from "./frames";

export type Status =
  | { state: "connecting" }
  | { state: "open"; hello: Hello }
  /** The gateway is away; another attempt follows. */
  | { state: "waiting" }
  /** The gateway answered and said no; nothing follows by itself. */
  | { state: "refused"; message: string };

/** The gateway's own words about why a request failed. */
export class Refused extends Error {
  readonly code: string;
  constructor(error: WireError) {
    super(error.message);
    this.code = error.code;
  }
}

/** The connection went away before the answer came; the request may or may not have been heard. */
export class Lost extends Error {}

/** As much of a `WebSocket` as is used, so that tests can bring their own. */
export interface Socket {
  send(data: string): void;
  close(code: number, reason: string): void;
}

export interface Listener {
  message(data: unknown): void;
  closed(code: number, reason: string): void;
}

export interface Surroundings {
  socket(url: string, listener: Listener): Socket;
  now(): number;
  /** Runs the action later; the answer calls it off. */
  later(action: () => void, ms: number): () => void;
  device(): Promise<Device | undefined>;
}

export interface Handlers {
  status(status: Status): void;
  event(name: string, payload: unknown): void;
  /** The gateway skipped events: we were too slow for them, or may not see them. */
  missed(): void;
  /** A token for this device, good for later connections. */
  deviceToken(token: string): void;
}

const CLIENT = { id: "webchat-ui", mode: "webchat", version: "1", platform: "web" } as const;
const ROLE = "operator";
const SCOPES = ["operator.admin"] as const;
/** A gateway that knows it tells us of tools while they work. */
const CAPS = ["tool-events"] as const;
/** The challenge comes at once; without it a local gateway lets us in all the same. */
const CHALLENGE_MS = 750;
const REQUEST_MS = 30_000;
const DEFAULT_TICK_MS = 30_000;
/** The close code of a gateway that does not want us. */
const POLICY = 1008;

interface Open {
  resolve(payload: unknown): void;
  reject(error: Error): void;
  callOff(): void;
}

export class Connection {
  readonly #url: string;
  readonly #handlers: Handlers;
  readonly #around: Surroundings;
  readonly #backoff = new Backoff();
  #tokens: readonly string[] = [];
  #token = 0;
  #socket: Socket | undefined;
  #isLetIn = false;
  #number = 0;
  /** The number of the last event; nothing before the first. */
  #seq: number | undefined;
  #open = new Map<string, Open>();
  #callOffRetry: (() => void) | undefined;
  #callOffSilence: (() => void) | undefined;
  #tickMs = DEFAULT_TICK_MS;

  constructor(url: string, handlers: Handlers, around: Surroundings) {
    this.#url = url;
    this.#handlers = handlers;
    this.#around = around;
  }

  get isOpen(): boolean {
    return this.#isLetIn;
  }

  /** Connects with the first of these tokens that the gateway takes. */
  start(tokens: readonly string[]): void {
    this.stop();
    this.#tokens = tokens;
    this.#token = 0;
    this.#backoff.reset();
    this.#connect();
  }

  stop(): void {
    this.#callOffRetry?.();
    this.#callOffRetry = undefined;
    this.#drop(1000, "");
  }

  /** Tries at once, when there is reason to believe that it will work now. */
  hurry(): void {
    if (this.#callOffRetry === undefined) return;
    this.#callOffRetry();
    this.#callOffRetry = undefined;
    this.#connect();
  }

  request<T>(method: string, params: object, timeoutMs: number = REQUEST_MS): Promise<T> {
    if (!this.#isLetIn) return Promise.reject(new Lost("not connected"));
    return this.#ask(method, params, timeoutMs) as Promise<T>;
  }

  #connect(): void {
    this.#handlers.status({ state: "connecting" });
    const device = this.#around.device();
    let challenged: (nonce: string | undefined) => void = () => {};
    const challenge = new Promise<string | undefined>((resolve) => (challenged = resolve));
    const callOff = this.#around.later(() => challenged(undefined), CHALLENGE_MS);
    let refusal = "";
    const socket = this.#around.socket(this.#url, {
      message: (data) => {
        if (this.#socket !== socket || typeof data !== "string") return;
        this.#heard();
        const frame = readFrame(data);
        if (frame === undefined) return;
        if (frame.type === "event" && frame.event === "connect.challenge") {
          challenged((frame.payload as { nonce?: string } | undefined)?.nonce);
          return;
        }
        this.#take(frame);
      },
      closed: (code, reason) => {
        callOff();
        if (this.#socket !== socket) return;
        const wasLetIn = this.#isLetIn;
        this.#socket = undefined;
        this.#closed(wasLetIn || code !== POLICY ? "" : refusal || reason);
      },
    });
    this.#socket = socket;
    void (async () => {
      const [own, nonce] = await Promise.all([device, challenge]);
      callOff();
      if (this.#socket !== socket) return;
      try {
        const hello = (await this.#ask("connect", await this.#introduction(own, nonce), REQUEST_MS)) as Hello;
        this.#letIn(hello);
      } catch (error) {
        if (error instanceof Refused) refusal = error.message;
      }
    })();
  }

  async #introduction(device: Device | undefined, nonce: string | undefined): Promise<object> {
    const token = this.#tokens[this.#token];
    const signedAt = this.#around.now();
    const introduction = {
      minProtocol: PROTOCOL,
      maxProtocol: PROTOCOL,
      client: CLIENT,
      role: ROLE,
      scopes: SCOPES,
      caps: CAPS,
      ...(token === undefined ? {} : { auth: { token } }),
    };
    if (device === undefined) return introduction;
    const asked = {
      clientId: CLIENT.id,
      clientMode: CLIENT.mode,
      role: ROLE,
      scopes: SCOPES,
      signedAt,
      token: token ?? "",
      nonce,
    };
    const signature = await device.sign(signedPayload(device.id, asked));
    const { id, publicKey } = device;
    return {
      ...introduction,
      device: { id, publicKey, signature, signedAt, ...(nonce === undefined ? {} : { nonce }) },
    };
  }

  #letIn(hello: Hello): void {
    this.#isLetIn = true;
    this.#seq = undefined;
    this.#backoff.reset();
    this.#tickMs = hello.policy?.tickIntervalMs ?? DEFAULT_TICK_MS;
    this.#heard();
    if (hello.auth !== undefined) this.#handlers.deviceToken(hello.auth.deviceToken);
    this.#handlers.status({ state: "open", hello });
  }

  /** Something came, so the gateway lives; two ticks of silence mean that it does not. */
  #heard(): void {
    this.#callOffSilence?.();
    this.#callOffSilence = this.#around.later(() => {
      this.#drop(4000, "tick timeout");
      this.#closed("");
    }, this.#tickMs * 2);
  }

  #closed(refusal: string): void {
    this.#drop(1000, "");
    if (refusal !== "" && this.#token + 1 < this.#tokens.length) {
      this.#token += 1;
      this.#connect();
      return;
    }
    if (refusal !== "") {
      this.#handlers.status({ state: "refused", message: refusal });
      return;
    }
    this.#callOffRetry = this.#around.later(() => {
      this.#callOffRetry = undefined;
      this.#connect();
    }, this.#backoff.wait());
    this.#handlers.status({ state: "waiting" });
  }

  #drop(code: number, reason: string): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isLetIn = false;
    this.#callOffSilence?.();
    this.#callOffSilence = undefined;
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const one of open) {
      one.callOff();
      one.reject(new Lost("connection lost"));
    }
    socket?.close(code, reason);
  }

  #ask(method: string, params: object, timeoutMs: number): Promise<unknown> {
    const socket = this.#socket;
    if (socket === undefined) return Promise.reject(new Lost("not connected"));
    const id = `w${(this.#number += 1)}`;
    return new Promise((resolve, reject) => {
      const callOff = this.#around.later(() => {
        this.#open.delete(id);
        reject(new Lost(`${method}: no answer`));
      }, timeoutMs);
      this.#open.set(id, { resolve, reject, callOff });
      socket.send(JSON.stringify({ type: "req", id, method, params }));
    });
  }

  #take(frame: Frame): void {
    if (frame.type === "event") {
      const { seq } = frame;
      const isGap = seq !== undefined && this.#seq !== undefined && seq > this.#seq + 1;
      this.#seq = seq ?? this.#seq;
      this.#handlers.event(frame.event, frame.payload);
      if (isGap) this.#handlers.missed();
      return;
    }
    const open = this.#open.get(frame.id);
    if (open === undefined) return;
    this.#open.delete(frame.id);
    open.callOff();
    if (frame.ok) open.resolve(frame.payload);
    else open.reject(new Refused(frame.error ?? { code: "UNAVAILABLE", message: "the gateway said no" }));
  }
}
