import { PendingCalls, type PendingCall } from "@waybill/shared/api/pending-call";
import { hasCode } from "@waybill/shared/api/problem";
import { sendUntilClear } from "@waybill/shared/api/send-until-clear";
import { useSessionState } from "@waybill/shared/session/context";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

export type OnceState =
  | { phase: "idle" }
  | { phase: "sending" }
  /** An answer was lost: the same request is sent again, with the same key, until its outcome is known. */
  | { phase: "checking" }
  | { phase: "refused"; error: unknown };

interface Options<Body, Answer> {
  /** What is done to what, such as `refund.ord_1`: a request whose answer was lost is found again by it. */
  name: string;
  send: (call: PendingCall<Body>) => Promise<Answer>;
  onDone: (answer: Answer) => void;
  /** Told of a clear refusal, after which the page may want to read anew. */
  onRefused?: (error: unknown) => void;
}

export interface Once<Body> {
  state: OnceState;
  run: (body: Body) => void;
  /** Forgets a refusal. */
  clear: () => void;
}

/** Moves money or stock so that one press of the button acts once, whatever happens to the page or the connection. */
export function useOnce<Body, Answer>({ name, ...options }: Options<Body, Answer>): Once<Body> {
  const userId = useSessionState().user?.id ?? "";
  const calls = useMemo(() => new PendingCalls<Body>(`waybill.admin.${name}`), [name]);
  const [state, setState] = useState<OnceState>({ phase: "idle" });
  const running = useRef(false);
  const stop = useRef(new AbortController());
  const latest = useRef(options);
  latest.current = options;

  const deliver = useCallback(
    async (call: PendingCall<Body>) => {
      if (running.current) return;
      running.current = true;
      const { signal } = stop.current;
      setState({ phase: "sending" });
      try {
        const answer = await sendUntilClear(() => latest.current.send(call), { signal, onUnclear: () => setState({ phase: "checking" }) });
        calls.settle(call.key);
        if (signal.aborted) return;
        setState({ phase: "idle" });
        latest.current.onDone(answer);
      } catch (error) {
        if (signal.aborted) return;
        // After signing in again the same request goes on.
        if (!hasCode(error, "unauthenticated")) calls.settle(call.key);
        setState({ phase: "refused", error });
        latest.current.onRefused?.(error);
      } finally {
        running.current = false;
      }
    },
    [calls],
  );

  useEffect(() => {
    const controller = new AbortController();
    stop.current = controller;
    running.current = false;
    const waiting = calls.find(userId);
    if (waiting) void deliver(waiting);
    return () => controller.abort();
  }, [calls, deliver, userId]);

  const run = (body: Body) => {
    if (!running.current) void deliver(calls.find(userId) ?? calls.keep(userId, body));
  };
  return { state, run, clear: () => !running.current && setState({ phase: "idle" }) };
}
