import { useQuery, useQueryClient, type QueryKey, type UseQueryResult } from "@tanstack/react-query";
import { useOnline } from "../ui/online";
import type { Liveness } from "./event-stream";
import { useNews, type Watch } from "./use-news";

export type { Liveness } from "./event-stream";
export { EVENTS_OF_ALL_ORDERS, eventsOfOrder, useNews } from "./use-news";

/** Between readings while something may change within the second. */
const SOON_MS = 1_000;
/** Between readings while nothing is expected. */
const CALM_MS = 10_000;
/** The same while changes are pushed: for what is not told, such as another service's side of it. */
const LIVE_SOON_MS = 3_000;
const LIVE_CALM_MS = 60_000;

type Pace = "soon" | "calm" | "never";

interface Options<T> {
  queryKey: QueryKey;
  read: () => Promise<T>;
  /** How eagerly to look: `soon` while a change is due, `calm` while one is possible, `never` when it is over. */
  pace: (data: T | undefined) => Pace;
  /** The events that say when to look; without any, it is looked at by the clock alone. */
  watch?: Watch;
}

/** Reads something again and again for as long as it may change: when it is told to, and by the clock. */
export function useFollowed<T>({ queryKey, read, pace, watch }: Options<T>): { query: UseQueryResult<T>; liveness: Liveness } {
  const online = useOnline();
  const queries = useQueryClient();
  const watching = pace(queries.getQueryData<T>(queryKey)) === "never" ? undefined : watch;
  const pushed = useNews(watching, () => void queries.invalidateQueries({ queryKey, exact: true }));
  const query = useQuery({
    queryKey,
    queryFn: read,
    refetchInterval: (current) => intervalOf(pace(current.state.data), pushed === "live"),
    refetchOnWindowFocus: true,
  });
  const lost = !online || query.isRefetchError || query.failureCount > 0;
  return { query, liveness: lost ? "reconnecting" : pushed };
}

function intervalOf(pace: Pace, live: boolean): number | false {
  if (pace === "never") return false;
  if (pace === "soon") return live ? LIVE_SOON_MS : SOON_MS;
  return live ? LIVE_CALM_MS : CALM_MS;
}
