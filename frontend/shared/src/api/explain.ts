import { ConnectionError, ProblemError, isPassing } from "./problem";

/** What a person is told about an error. */
export interface Explanation {
  title: string;
  advice: string;
  /** The trace id, for whoever helps; null where no server answered. */
  reference: string | null;
  /** Whether to offer another try of the same thing. */
  retry: boolean;
  /** Seconds to wait before that try. */
  wait: number | null;
}

type Words = [title: string, advice: string];

const BY_CODE: Record<string, Words> = {
  invalid_credentials: ["That did not match", "Check the e-mail address and the password, and try again."],
  email_taken: ["There is an account already", "Sign in with this e-mail address, or use another one."],
  unauthenticated: ["Please sign in", "Your session has ended. Sign in, and you are back here."],
  forbidden: ["This is not yours to open", "Your account does not have the rights for it."],
  not_found: ["We could not find that", "It may have been removed, or the address has a mistake in it."],
  rate_limited: ["That was a little fast", "Wait a moment, then try again."],
  price_changed: ["A price has changed", "Look at the new total before you order."],
  unknown_sku: ["Something is no longer for sale", "Take it out of the cart to go on with the rest."],
  cancellation_window_closed: ["Too late to cancel", "The order is being packed. You can send it back when it has arrived."],
  sku_taken: ["This SKU is taken", "SKUs are never used twice, not even after a product was archived. Choose another one."],
  stock_reserved: ["That much is promised to buyers", "Less would be left than orders hold. Wait until they are paid or let go, or take away less."],
  invalid_transition: ["The order has moved on", "This cannot be done in the state that it is in now. Look at it again."],
  cancel_instead: ["Cancel the order instead", "Nothing of it was shipped: cancelling gives all of the money back, and the stock as well."],
  refund_exceeds_capture: ["That is more than is left", "A part has gone back already, or is on its way. Refund no more than the rest."],
  waits_behind_dead_letter: ["Another one comes first", "It waits behind an older dead letter of the same key. Replay that one, and this one follows by itself."],
  idempotency_key_in_use: ["Still working on it", "Your first try is still running. Wait a moment."],
};

const BY_STATUS: Record<number, Words> = {
  403: BY_CODE["forbidden"]!,
  404: BY_CODE["not_found"]!,
  412: ["Somebody was faster", "This has changed since you opened it. Look at the new state first."],
  422: ["Something needs another look", "Mend what is marked, and send it again."],
  502: ["A part of the shop is not answering", "This usually passes within seconds. Nothing you entered is lost."],
  503: ["A part of the shop is not answering", "This usually passes within seconds. Nothing you entered is lost."],
  504: ["A part of the shop is slow to answer", "This usually passes within seconds. Nothing you entered is lost."],
};

/** Says an error in words for people, with what to do next. */
export function explain(error: unknown): Explanation {
  if (error instanceof ConnectionError) {
    const advice = "Check your connection. Nothing you entered is lost.";
    return { title: "No answer from the shop", advice, reference: null, retry: true, wait: null };
  }
  if (error instanceof ProblemError) return ofProblem(error);
  const advice = "Load the page again. If it stays like this, tell us what you did.";
  return { title: "Something broke on this page", advice, reference: null, retry: true, wait: null };
}

function ofProblem(error: ProblemError): Explanation {
  const { problem } = error;
  const known = BY_CODE[problem.code] ?? BY_STATUS[problem.status];
  const [title, advice] = known ?? [problem.title, problem.detail || "Try again, or come back a little later."];
  const waiting = problem.code === "rate_limited" && error.retryAfter ? ` You can go on in ${error.retryAfter} s.` : "";
  return {
    title,
    advice: advice + waiting,
    reference: problem.trace_id || null,
    retry: isPassing(error),
    wait: error.retryAfter,
  };
}
