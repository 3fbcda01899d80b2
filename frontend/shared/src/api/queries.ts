import { QueryClient } from "@tanstack/react-query";
import { ProblemError, isPassing } from "./problem";

/** What was read stays fresh for this long: going back to a page does not read it anew at once. */
const FRESH_MS = 15_000;
/** Two more tries cover a service's restart; then a person decides. */
const TRIES_MAX = 2;
const FIRST_WAIT_MS = 500;
const WAIT_MAX_MS = 10_000;

/** The cache of what the server said, with the rules for when to ask again. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        retry: (failures, error) => failures < TRIES_MAX && isPassing(error),
        retryDelay: (failures, error) => waitBefore(failures, error),
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

function waitBefore(failures: number, error: unknown): number {
  const named = error instanceof ProblemError ? error.retryAfter : null;
  return Math.min(named === null ? FIRST_WAIT_MS * 2 ** failures : named * 1000, WAIT_MAX_MS);
}
