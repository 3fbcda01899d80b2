/** The server keeps the answers to keys for 24 h; an older key could do the same thing twice. */
const KEY_LIVES_MS = 23 * 3_600_000;

/** A request that must take effect once: it is repeated with the same key and body until there is a clear answer. */
export interface PendingCall<T> {
  key: string;
  body: T;
  userId: string;
  at: number;
}

/**
 * Where a request waits for its clear answer. It outlives a reload and a closed tab, because only then can a lost
 * connection never lead to a second order.
 */
export class PendingCalls<T> {
  constructor(private readonly name: string) {}

  /** The request of this user that waits, or null. */
  find(userId: string): PendingCall<T> | null {
    const found = parse<T>(localStorage.getItem(this.name));
    if (!found || found.userId !== userId || Date.now() - found.at > KEY_LIVES_MS) return null;
    return found;
  }

  /** Keeps a request before it is sent for the first time. */
  keep(userId: string, body: T): PendingCall<T> {
    const call = { key: crypto.randomUUID(), body, userId, at: Date.now() };
    localStorage.setItem(this.name, JSON.stringify(call));
    return call;
  }

  /** Lets go of a request whose answer is clear. */
  settle(key: string): void {
    if (parse<T>(localStorage.getItem(this.name))?.key === key) localStorage.removeItem(this.name);
  }
}

function parse<T>(text: string | null): PendingCall<T> | null {
  try {
    return JSON.parse(text ?? "null") as PendingCall<T> | null;
  } catch {
    return null;
  }
}
