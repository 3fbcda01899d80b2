import { ProblemError, hasCode, isUnclear } from "./problem";

const FIRST_WAIT_MS = 500;
const WAIT_MAX_MS = 5_000;

/** The server has not decided yet, or nobody heard its answer. */
function mustRepeat(error: unknown): boolean {
  return isUnclear(error) || hasCode(error, "idempotency_key_in_use", "rate_limited");
}

/** An answer that takes longer than this is worth a word to whoever waits for it. */
const SLOW_MS = 3_000;

interface Options {
  signal: AbortSignal;
  /** Told when an answer is slow and before each further try, so that the page can say that it is being checked. */
  onUnclear: () => void;
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Sends a request with an idempotency key again and again until its outcome is known. */
export async function sendUntilClear<T>(send: () => Promise<T>, { signal, onUnclear, wait = pause }: Options): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    const slow = setTimeout(() => !signal.aborted && onUnclear(), SLOW_MS);
    try {
      return await send();
    } catch (error) {
      if (signal.aborted || !mustRepeat(error)) throw error;
      onUnclear();
      const named = error instanceof ProblemError && error.retryAfter !== null ? error.retryAfter * 1000 : 0;
      await wait(Math.max(named, Math.min(FIRST_WAIT_MS * 2 ** tries, WAIT_MAX_MS)), signal);
    } finally {
      clearTimeout(slow);
    }
  }
}

/** Waits, but not longer than until the connection comes back. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      window.removeEventListener("online", end);
      signal.removeEventListener("abort", stop);
      resolve();
    };
    const stop = () => {
      clearTimeout(timer);
      window.removeEventListener("online", end);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(end, ms);
    window.addEventListener("online", end);
    signal.addEventListener("abort", stop);
  });
}
