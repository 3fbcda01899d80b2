import { ConnectionError, ProblemError, problemOf } from "./problem";
import { describe, expect, it, vi } from "vitest";
import { PendingCalls } from "./pending-call";
import { sendUntilClear } from "./send-until-clear";

const refused = (status: number, code: string, retryAfter?: string) =>
  problemOf(new Response(null, { status, headers: retryAfter ? { "Retry-After": retryAfter } : {} }), { code, status });

function options() {
  const wait = vi.fn(() => Promise.resolve());
  return { signal: new AbortController().signal, onUnclear: vi.fn(), wait };
}

describe("a request that must be clear", () => {
  it("is repeated until somebody answers", async () => {
    const send = vi.fn().mockRejectedValueOnce(new ConnectionError(null)).mockRejectedValueOnce(refused(503, "unavailable", "7")).mockRejectedValueOnce(refused(409, "idempotency_key_in_use")).mockResolvedValue("done");
    const given = options();
    expect(await sendUntilClear(send, given)).toBe("done");
    expect(given.onUnclear).toHaveBeenCalledTimes(3);
    expect(given.wait.mock.calls.map(([ms]: unknown[]) => ms)).toEqual([500, 7000, 2000]);
  });

  it.each([[402, "card_declined"], [409, "price_changed"], [422, "validation_failed"], [401, "unauthenticated"]])("ends with a refusal (%s %s)", async (status, code) => {
    const send = vi.fn().mockRejectedValue(refused(status, code));
    await expect(sendUntilClear(send, options())).rejects.toBeInstanceOf(ProblemError);
    expect(send).toHaveBeenCalledTimes(1);
  });
});

describe("a request that waits for its answer", () => {
  const calls = new PendingCalls<string>("test");

  it("is found by who sent it, until it is settled", () => {
    const call = calls.keep("usr_1", "body");
    expect(new PendingCalls<string>("test").find("usr_1")).toEqual(call);
    expect(calls.find("usr_2")).toBeNull();
    calls.settle("another key");
    expect(calls.find("usr_1")).not.toBeNull();
    calls.settle(call.key);
    expect(calls.find("usr_1")).toBeNull();
  });

  it("is let go before the server forgets its key", () => {
    const { key } = calls.keep("usr_1", "body");
    localStorage.setItem("test", JSON.stringify({ key, body: "body", userId: "usr_1", at: Date.now() - 24 * 3_600_000 }));
    expect(calls.find("usr_1")).toBeNull();
  });
});
