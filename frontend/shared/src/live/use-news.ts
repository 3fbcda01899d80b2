import { useEffect, useRef, useState } from "react";
import { useSession } from "../session/context";
import { openEventStream, type Liveness } from "./event-stream";

/** What to watch. */
export interface Watch {
  path: string;
  /** News that come within this time are one. */
  gatherMs: number;
}

/** An order's facts come in twos and threes. */
const GATHER_OF_ORDER_MS = 150;
/** A busy shop has news all the time. */
const GATHER_OF_ALL_MS = 1_000;

/** One order. */
export function eventsOfOrder(id: string): Watch {
  return { path: `/api/v1/orders/${encodeURIComponent(id)}/events`, gatherMs: GATHER_OF_ORDER_MS };
}

/** All orders: for administrators. */
export const EVENTS_OF_ALL_ORDERS: Watch = { path: "/api/v1/orders/events", gatherMs: GATHER_OF_ALL_MS };

/** Calls `onNews` whenever something happened to what is watched; `polling` while it cannot know. One for a page. */
export function useNews(watch: Watch | undefined, onNews: () => void): Liveness {
  const session = useSession();
  const [liveness, setLiveness] = useState<Liveness>("polling");
  const told = useRef(onNews);
  useEffect(() => {
    told.current = onNews;
  });
  const { path, gatherMs } = watch ?? {};
  useEffect(() => {
    if (path === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const gather = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        told.current();
      }, gatherMs);
    };
    const close = openEventStream({ session, path, onNews: gather, onLiveness: setLiveness });
    return () => {
      close();
      clearTimeout(timer);
      setLiveness("polling");
    };
  }, [session, path, gatherMs]);
  return liveness;
}
