import type { Fault, ProblemDocument } from "./types";

/** A problem as the services say it; some codes carry members of their own. */
export type Problem = ProblemDocument & Record<string, unknown>;

/** The server answered, and the answer is a refusal or a failure. */
export class ProblemError extends Error {
  readonly problem: Problem;
  /** Whole seconds after which a repeat may help; null where the server named none. */
  readonly retryAfter: number | null;

  constructor(problem: Problem, retryAfter: number | null = null) {
    super(problem.title);
    this.name = "ProblemError";
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  get code(): string {
    return this.problem.code;
  }

  get status(): number {
    return this.problem.status;
  }

  get faults(): Fault[] {
    return this.problem.errors ?? [];
  }
}

/** No answer came: nobody knows whether the request took effect. */
export class ConnectionError extends Error {
  constructor(cause: unknown) {
    super("The shop cannot be reached.", { cause });
    this.name = "ConnectionError";
  }
}

/** Reads the problem out of an answer; anything that is not a problem document becomes a plain one. */
export function problemOf(response: Response, body: unknown): ProblemError {
  const fallback: Problem = {
    type: "about:blank",
    title: response.statusText || "The request failed",
    status: response.status,
    detail: "",
    instance: "",
    code: response.status >= 500 ? "unavailable" : "unknown",
    trace_id: response.headers.get("X-Request-Id") ?? "",
  };
  const said = typeof body === "object" && body !== null ? (body as Partial<Problem>) : {};
  return new ProblemError({ ...fallback, ...said } as Problem, secondsOf(response.headers.get("Retry-After")));
}

function secondsOf(header: string | null): number | null {
  const seconds = Number(header);
  return header !== null && Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) : null;
}

/** True when the same request may well succeed later: no answer, a server's failure, or too many requests. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return error instanceof ProblemError && (error.status >= 500 || error.status === 429 || error.status === 408);
}

/** True when nobody can say whether the request took effect. */
export function isUnclear(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return error instanceof ProblemError && (error.status >= 500 || error.status === 408);
}

export function hasCode(error: unknown, ...codes: string[]): error is ProblemError {
  return error instanceof ProblemError && codes.includes(error.code);
}
