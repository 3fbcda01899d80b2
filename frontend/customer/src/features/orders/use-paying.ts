import { body, type Api } from "@waybill/shared/api/client";
import { PendingCalls, type PendingCall } from "@waybill/shared/api/pending-call";
import { hasCode } from "@waybill/shared/api/problem";
import { sendUntilClear } from "@waybill/shared/api/send-until-clear";
import { useApi } from "@waybill/shared/session/context";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

export type Paying = { phase: "idle" } | { phase: "sending" } | { phase: "checking" } | { phase: "refused"; error: unknown };

/** Refusals that the payment itself tells better: it is read again instead. */
const TOLD_BY_PAYMENT = ["card_declined", "payment_in_progress", "payment_closed", "already_paid"];

/** Pays for an order with another card; a try whose answer was lost is asked for again with its own key. */
export function usePaying(orderId: string, userId: string, onAnswer: () => Promise<unknown>) {
  const api = useApi();
  const tries = useMemo(() => new PendingCalls<string>(`waybill.pay.${orderId}`), [orderId]);
  const [state, setState] = useState<Paying>({ phase: "idle" });
  const running = useRef(false);
  const stop = useRef(new AbortController());
  const answered = useRef(onAnswer);
  answered.current = onAnswer;

  const run = useCallback(
    async (call: PendingCall<string>) => {
      if (running.current) return;
      running.current = true;
      const { signal } = stop.current;
      setState({ phase: "sending" });
      try {
        await sendUntilClear(() => confirm(api, orderId, call), { signal, onUnclear: () => setState({ phase: "checking" }) });
        tries.settle(call.key);
        await answered.current();
        setState({ phase: "idle" });
      } catch (error) {
        if (signal.aborted) return;
        if (!hasCode(error, "unauthenticated")) tries.settle(call.key);
        await answered.current();
        setState(hasCode(error, ...TOLD_BY_PAYMENT) ? { phase: "idle" } : { phase: "refused", error });
      } finally {
        running.current = false;
      }
    },
    [api, orderId, tries],
  );

  useEffect(() => {
    stop.current = new AbortController();
    const waiting = tries.find(userId);
    if (waiting) void run(waiting);
    const controller = stop.current;
    return () => controller.abort();
  }, [run, tries, userId]);

  const pay = (method: string) => {
    if (!running.current) void run(tries.find(userId) ?? tries.keep(userId, method));
  };
  return { state, pay };
}

function confirm(api: Api, orderId: string, call: PendingCall<string>) {
  const params = { header: { "Idempotency-Key": call.key } };
  return body(api.POST("/api/v1/payments/confirm", { params, body: { order_id: orderId, payment_method: call.body } }));
}
