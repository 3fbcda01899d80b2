import { useQuery, type QueryKey, type UseQueryResult } from "@tanstack/react-query";
import { useOnline } from "../ui/online";

/** Between readings while something may change within the second. */
const SOON_MS = 1_000;
/** Between readings while nothing is expected. */
const CALM_MS = 10_000;

/** How news of a thing come in: pushed, pushed again soon, or asked for. */
export type Liveness = "live" | "reconnecting" | "polling";

interface Options<T> {
  queryKey: QueryKey;
  read: () => Promise<T>;
  /** How eagerly to look: `soon` while a change is due, `calm` while one is possible, `never` when it is over. */
  pace: (data: T | undefined) => "soon" | "calm" | "never";
}

/** Reads something again and again for as long as it may change. */
export function useFollowed<T>({ queryKey, read, pace }: Options<T>): { query: UseQueryResult<T>; liveness: Liveness } {
  const online = useOnline();
  const query = useQuery({
    queryKey,
    queryFn: read,
    refetchInterval: (current) => {
      const wanted = pace(current.state.data);
      return wanted === "never" ? false : wanted === "soon" ? SOON_MS : CALM_MS;
    },
    refetchOnWindowFocus: true,
  });
  const lost = !online || query.isRefetchError || query.failureCount > 0;
  return { query, liveness: lost ? "reconnecting" : "polling" };
}
