import createClient from "openapi-fetch";
import type { Session } from "../session/session";
import { ConnectionError, problemOf } from "./problem";
import type { paths } from "./schema";

/** How long a request may take: longer than the slowest deadline of the services behind the gateway. */
const REQUEST_TIMEOUT_MS = 20_000;

interface ApiOptions {
  /** Paths that are read without a token, so that they neither wait for the session nor fail with it. */
  unsigned?: RegExp;
}

/** Makes the typed client of the API, which signs its requests with the session's access token. */
export function createApi(session: Session, baseUrl = "", { unsigned }: ApiOptions = {}) {
  const fetch = (request: Request) => {
    const open = request.method === "GET" && unsigned?.test(new URL(request.url).pathname);
    return open ? send(request, null) : signedFetch(session, request);
  };
  return createClient<paths>({ baseUrl, fetch });
}

export type Api = ReturnType<typeof createApi>;

async function signedFetch(session: Session, request: Request): Promise<Response> {
  const again = request.clone();
  const answer = await send(request, await session.accessToken());
  if (answer.status !== 401 || isAboutSigningIn(request)) return answer;
  // The token was refused before its time, so a new one is worth one more try.
  const token = await session.renew();
  return token === null ? answer : send(again, token);
}

function isAboutSigningIn(request: Request): boolean {
  return new URL(request.url).pathname.startsWith("/api/v1/auth/");
}

/** Sends a request once. @throws {ConnectionError} when no answer came. */
export async function send(request: Request, token: string | null): Promise<Response> {
  if (token !== null) request.headers.set("Authorization", `Bearer ${token}`);
  const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
  try {
    // Looked up at each call, so that tests can stand in for it.
    return await globalThis.fetch(request, { signal: AbortSignal.any([request.signal, timeout]) });
  } catch (cause) {
    if (request.signal.aborted) throw cause;
    throw new ConnectionError(cause);
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of an answer that went well. @throws {ProblemError} for any other. */
export async function body<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemOf(response, error);
  return data as T;
}

/** The same with the ETag, for what is changed later under `If-Match`. */
export async function bodyWithTag<T>(answer: Promise<Answer<T>>): Promise<{ value: T; tag: string | null }> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemOf(response, error);
  return { value: data as T, tag: response.headers.get("ETag") };
}
