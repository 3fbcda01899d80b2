import { send } from "../api/client";
import { ProblemError, problemOf } from "../api/problem";
import type { SessionAnswer, User } from "../api/types";

/** A token is renewed this long before its end, so that it does not run out on its way. */
const RENEW_BEFORE_END_MS = 20_000;
const CHANNEL = "waybill.session";
/** The lock that all tabs of the browser share. */
const LOCK = "waybill.session.renew";
/** Says that a refresh cookie is likely there, which scripts cannot see; without it no visitor is asked in vain. */
const HINT = "waybill.session.known";

/** `unknown` until the first answer on whether the cookie still holds. */
export type SessionState =
  | { status: "unknown"; user: null }
  | { status: "anonymous"; user: null }
  | { status: "signed-in"; user: User };

interface Held {
  token: string;
  endsAt: number;
  user: User;
}

type Message = { kind: "held"; held: Held } | { kind: "ended" };

/**
 * Who is signed in. The access token lives in memory only; the HttpOnly cookie brings a new one, and all tabs share it,
 * so that one of them renews at a time.
 */
export class Session {
  private held: Held | null = null;
  private state: SessionState = { status: "unknown", user: null };
  private renewing: Promise<string | null> | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly channel: BroadcastChannel | null;

  constructor(
    private readonly baseUrl = "",
    private readonly now: () => number = Date.now,
  ) {
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
    this.channel?.addEventListener("message", (event: MessageEvent<Message>) => this.hear(event.data));
  }

  getState = (): SessionState => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Settles who is signed in: called at start and before pages that need to know. A lost connection leaves it open. */
  async settle(): Promise<SessionState> {
    if (this.state.status === "unknown") {
      if (localStorage.getItem(HINT) === null) this.end();
      else await this.renew().catch(() => null);
    }
    return this.state;
  }

  /** A token that is good for the next request, or null for a visitor. @throws when a renewal gets no clear answer. */
  async accessToken(): Promise<string | null> {
    if (this.state.status === "anonymous") return null;
    if (this.held && this.held.endsAt - this.now() > RENEW_BEFORE_END_MS) return this.held.token;
    if (this.state.status === "unknown" && localStorage.getItem(HINT) === null) return null;
    return this.renew();
  }

  /** Asks for a new token, or waits for whoever is asking already; null when the session has ended. */
  renew(): Promise<string | null> {
    this.renewing ??= this.renewLocked().finally(() => (this.renewing = null));
    return this.renewing;
  }

  /** @throws {ProblemError} when e-mail and password do not match. */
  async signIn(email: string, password: string): Promise<User> {
    const answer = await this.post("login", { email, password });
    if (!answer.ok) throw await refusal(answer);
    return this.take((await answer.json()) as SessionAnswer).user;
  }

  /** Ends the session here and in all tabs. The server is told as well, where it can be reached. */
  async signOut(): Promise<void> {
    this.end();
    this.channel?.postMessage({ kind: "ended" } satisfies Message);
    await this.post("logout").catch(() => undefined);
  }

  private async renewLocked(): Promise<string | null> {
    const before = this.held?.token;
    if (!("locks" in navigator)) return this.renewNow();
    return navigator.locks.request(LOCK, () => {
      // Another tab may have renewed while this one waited for its turn.
      const fresh = this.held && this.held.token !== before && this.held.endsAt > this.now();
      return fresh ? this.held!.token : this.renewNow();
    });
  }

  private async renewNow(): Promise<string | null> {
    const answer = await this.post("refresh");
    if (answer.ok) return this.take((await answer.json()) as SessionAnswer).token;
    if (answer.status !== 401) throw await refusal(answer);
    this.end();
    this.channel?.postMessage({ kind: "ended" } satisfies Message);
    return null;
  }

  private post(call: string, content?: unknown): Promise<Response> {
    const headers = content === undefined ? undefined : { "Content-Type": "application/json" };
    const body = content === undefined ? undefined : JSON.stringify(content);
    // Relative addresses are resolved here because a request outside of a browser needs a whole one.
    const url = new URL(`${this.baseUrl}/api/v1/auth/${call}`, location.origin);
    return send(new Request(url, { method: "POST", headers, body }), null);
  }

  private take(answer: SessionAnswer): Held {
    const endsAt = this.now() + answer.expires_in * 1000;
    const held = { token: answer.access_token, endsAt, user: answer.user };
    this.hold(held);
    this.channel?.postMessage({ kind: "held", held } satisfies Message);
    return held;
  }

  private hold(held: Held): void {
    this.held = held;
    localStorage.setItem(HINT, "1");
    this.set({ status: "signed-in", user: held.user });
  }

  private end(): void {
    this.held = null;
    localStorage.removeItem(HINT);
    this.set({ status: "anonymous", user: null });
  }

  private hear(message: Message): void {
    if (message.kind === "held") this.hold(message.held);
    else this.end();
  }

  private set(state: SessionState): void {
    const same = state.status === this.state.status && state.user?.id === this.state.user?.id;
    if (same && state.status !== "signed-in") return;
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

async function refusal(answer: Response): Promise<ProblemError> {
  return problemOf(answer, await answer.json().catch(() => null));
}
