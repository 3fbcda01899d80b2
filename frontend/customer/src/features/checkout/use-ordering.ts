import { body, type Api } from "@waybill/shared/api/client";
import { PendingCalls, type PendingCall } from "@waybill/shared/api/pending-call";
import { hasCode } from "@waybill/shared/api/problem";
import type { components } from "@waybill/shared/api/schema";
import { sendUntilClear } from "@waybill/shared/api/send-until-clear";
import type { Order } from "@waybill/shared/api/types";
import { useApi } from "@waybill/shared/session/context";
import { useCallback, useEffect, useRef, useState } from "react";
import { clearCart, forgetCopy, readCart } from "../../shop/cart";

type NewOrder = components["schemas"]["NewOrder"];

/** An order on its way to the server, and the cart that it came from. */
interface Placement {
  cartId: string;
  order: NewOrder;
}

const placements = new PendingCalls<Placement>("waybill.checkout");
/** Only one tab of a browser orders at a time. */
const LOCK = "waybill.checkout";

export type Ordering =
  | { phase: "idle" }
  | { phase: "sending" }
  /** An answer was lost: the same order is asked for again, with the same key, until it is known. */
  | { phase: "checking" }
  | { phase: "refused"; error: unknown };

/** The cart of this page was ordered in another tab. */
export class OrderedElsewhere extends Error {}

/** Places orders so that one checkout makes one order, whatever happens to the page or the connection. */
export function useOrdering(userId: string, onPlaced: (order: Order) => void) {
  const api = useApi();
  const [state, setState] = useState<Ordering>(() => ({ phase: placements.find(userId) ? "checking" : "idle" }));
  const running = useRef(false);
  const stop = useRef(new AbortController());
  const placed = useRef(onPlaced);
  placed.current = onPlaced;

  const run = useCallback(
    async (wanted: Placement | null) => {
      if (running.current) return;
      running.current = true;
      const { signal } = stop.current;
      try {
        const order = await locked(signal, () => {
          const call = placementFor(userId, wanted);
          return deliver(api, call, signal, () => setState({ phase: "checking" }));
        });
        placed.current(order);
      } catch (error) {
        if (!signal.aborted) setState({ phase: "refused", error });
      } finally {
        running.current = false;
      }
    },
    [api, userId],
  );

  useEffect(() => {
    const controller = new AbortController();
    stop.current = controller;
    if (placements.find(userId)) void run(null);
    return () => controller.abort();
  }, [run, userId]);

  const place = (order: NewOrder, cartId: string) => {
    if (running.current) return;
    setState({ phase: "sending" });
    void run({ cartId, order });
  };
  return { state, place };
}

async function locked<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return "locks" in navigator ? await navigator.locks.request(LOCK, { signal }, work) : await work();
}

/** What waits for an answer goes first; only when nothing does, the new order is kept and sent. */
function placementFor(userId: string, wanted: Placement | null): PendingCall<Placement> {
  const waiting = placements.find(userId);
  if (waiting) return waiting;
  forgetCopy();
  if (!wanted || readCart().id !== wanted.cartId) throw new OrderedElsewhere();
  return placements.keep(userId, wanted);
}

async function deliver(api: Api, call: PendingCall<Placement>, signal: AbortSignal, onUnclear: () => void): Promise<Order> {
  const params = { header: { "Idempotency-Key": call.key } };
  try {
    const send = () => body(api.POST("/api/v1/orders", { params, body: call.body.order, signal }));
    const order = await sendUntilClear(send, { signal, onUnclear });
    clearCart(call.body.cartId);
    placements.settle(call.key);
    return order;
  } catch (error) {
    // After signing in again the same request goes on; any other refusal says that there is no order.
    if (!signal.aborted && !hasCode(error, "unauthenticated")) placements.settle(call.key);
    throw error;
  }
}
