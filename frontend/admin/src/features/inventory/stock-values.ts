import * as z from "zod";

/** The service's limits. */
const UNITS_MAX = 1_000_000_000;
const REASON_LENGTH_MAX = 200;

const reason = z.string().trim().min(1, "Say why; it stays in the ledger.").max(REASON_LENGTH_MAX, `At most ${REASON_LENGTH_MAX} characters.`);

function whole(pattern: RegExp, least: number, message: string) {
  return z.string().refine((typed) => pattern.test(typed.trim()) && Number(typed) >= least && Number(typed) <= UNITS_MAX, message);
}

const delta = whole(/^[+-]?\d{1,10}$/, -UNITS_MAX, "A whole number, such as 24 or -3.").refine((typed) => Number(typed) !== 0, "Not 0: that would change nothing.");

/** Numbers are text until they are sent, so that what is typed stays as it is. */
export const adjustmentValues = z.object({ delta, reason });
export const countValues = z.object({ on_hand: whole(/^\d{1,10}$/, 0, "A whole number from 0 on."), reason });
