import { onlineManager } from "@tanstack/react-query";
import { createParser } from "eventsource-parser";
import type { Session } from "../session/session";

/** How news of a thing come in: pushed, pushed again soon, or asked for. */
export type Liveness = "live" | "reconnecting" | "polling";

/** The service says something every 15 seconds: who hears nothing for this long has lost it. */
const SILENCE_MAX_MS = 45_000;
/** Failures in a row after which the page asks by itself, while this goes on trying. */
const FAILURES_MAX = 3;
/** Until the service says how long to wait. */
const FIRST_WAIT_MS = 1_000;
const WAIT_MAX_MS = 30_000;
/** A page that nobody looks at gives its connection to those that are: browsers have six for a site. */
const HIDDEN_MAX_MS = 60_000;
/** Characters of an event without an end; ours have some 200. */
const BUFFER_MAX = 64 * 1024;

interface Options {
  session: Session;
  /** Such as `/api/v1/orders/ord_…/events`. */
  path: string;
  /** Something happened, or may have happened. */
  onNews: () => void;
  onLiveness: (liveness: Liveness) => void;
  baseUrl?: string;
}

/** What is known from one connection to the next. */
interface Memory {
  lastId: string | null;
  waitMs: number;
}

/** How a connection ended: told so by the service, broken, or refused for good. */
type Outcome = { kind: "ended" } | { kind: "refused" } | { kind: "failed"; heard: boolean; retryAfterMs: number };

/**
 * Follows server-sent events by fetch, since the browser's own EventSource cannot send a token. It resumes with the last
 * id it saw, with a new token where the old one is refused, until it is closed by what this returns.
 */
export function openEventStream(options: Options): () => void {
  const closed = new AbortController();
  void follow(options, closed.signal);
  return () => closed.abort();
}

async function follow(options: Options, closed: AbortSignal): Promise<void> {
  const memory: Memory = { lastId: null, waitMs: FIRST_WAIT_MS };
  let failures = 0;
  while (!closed.aborted) {
    await becomesVisible(closed);
    const outcome = await connectOnce(options, memory, closed);
    if (closed.aborted) return;
    if (outcome.kind === "refused") return options.onLiveness("polling");
    if (outcome.kind === "ended") {
      failures = 0;
      await pause(memory.waitMs, closed);
      continue;
    }
    failures = outcome.heard ? 1 : failures + 1;
    options.onLiveness(failures >= FAILURES_MAX ? "polling" : "reconnecting");
    await pause(Math.min(Math.max(outcome.retryAfterMs, memory.waitMs * 2 ** (failures - 1)), WAIT_MAX_MS), closed);
  }
}

async function connectOnce(options: Options, memory: Memory, closed: AbortSignal): Promise<Outcome> {
  const given = new AbortController();
  const forget = abortWhenHiddenLong(given);
  const signal = AbortSignal.any([closed, given.signal]);
  const heard = { any: false };
  try {
    const answer = await request(options, memory, signal);
    if (!answer) return { kind: "refused" };
    if (answer.status === 429 || answer.status >= 500) {
      return { kind: "failed", heard: false, retryAfterMs: Number(answer.headers.get("Retry-After") ?? 0) * 1000 };
    }
    const isStream = answer.headers.get("Content-Type")?.startsWith("text/event-stream");
    if (!answer.ok || !answer.body || !isStream) return { kind: "refused" };
    options.onLiveness("live");
    const ended = await readAll(answer.body, options, memory, given, heard);
    return ended ? { kind: "ended" } : { kind: "failed", heard: heard.any, retryAfterMs: 0 };
  } catch {
    // A page that was hidden goes on where it was when it is looked at again.
    return document.hidden ? { kind: "ended" } : { kind: "failed", heard: heard.any, retryAfterMs: 0 };
  } finally {
    forget();
    given.abort();
  }
}

/** Null for a visitor. */
async function request({ session, path, baseUrl = "" }: Options, memory: Memory, signal: AbortSignal): Promise<Response | null> {
  const send = (token: string) => {
    const headers = new Headers({ Accept: "text/event-stream", Authorization: `Bearer ${token}` });
    if (memory.lastId !== null) headers.set("Last-Event-ID", memory.lastId);
    return globalThis.fetch(new Request(new URL(`${baseUrl}${path}`, location.origin), { headers, signal, cache: "no-store" }));
  };
  const token = await session.accessToken();
  if (token === null) return null;
  const answer = await send(token);
  if (answer.status !== 401) return answer;
  // The token was refused before its time, so a new one is worth one more try.
  const renewed = await session.renew();
  return renewed === null ? null : send(renewed);
}

/** Reads until the end, and returns whether the service had announced it. */
async function readAll(body: ReadableStream<Uint8Array>, { onNews }: Options, memory: Memory, given: AbortController, heard: { any: boolean }): Promise<boolean> {
  let announced = false;
  const parser = createParser({
    maxBufferSize: BUFFER_MAX,
    onRetry: (ms) => (memory.waitMs = Math.min(ms, WAIT_MAX_MS)),
    onEvent: ({ event, id }) => {
      heard.any = true;
      if (id) memory.lastId = id;
      if (event === "end") announced = true;
      // What to do is the same for a fact and for `reset`: read what there is now.
      else onNews();
    },
  });
  const [reader, decoder] = [body.getReader(), new TextDecoder()];
  for (;;) {
    const silence = setTimeout(() => given.abort(), SILENCE_MAX_MS);
    const { done, value } = await reader.read().finally(() => clearTimeout(silence));
    if (done) return announced;
    parser.feed(decoder.decode(value, { stream: true }));
  }
}

function abortWhenHiddenLong(given: AbortController): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => given.abort(), HIDDEN_MAX_MS);
  };
  look();
  document.addEventListener("visibilitychange", look);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
}

function becomesVisible(closed: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (!document.hidden || closed.aborted) return resolve();
    const look = () => {
      if (document.hidden && !closed.aborted) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    closed.addEventListener("abort", look, { once: true });
  });
}

/** Waits, but not while a connection has just come back. */
function pause(ms: number, closed: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    const unsubscribe = onlineManager.subscribe((online) => online && done());
    closed.addEventListener("abort", done, { once: true });
    function done() {
      clearTimeout(timer);
      unsubscribe();
      closed.removeEventListener("abort", done);
      resolve();
    }
  });
}
