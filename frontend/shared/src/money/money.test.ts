import { describe, expect, it } from "vitest";
import { formatMoney, minorOf, sum, times, typedAmount } from "./money";

const euro = (amount_minor: number) => ({ amount_minor, currency: "EUR" });

describe("money", () => {
  it("knows how many minor units a currency has", () => {
    expect(formatMoney(euro(1999), "en")).toBe("€19.99");
    expect(formatMoney({ amount_minor: 1999, currency: "JPY" }, "en")).toBe("¥1,999");
    expect(formatMoney({ amount_minor: 1999, currency: "KWD" }, "en")).toBe("KWD\u00a01.999");
  });

  it.each([
    ["19.99", "EUR", 1999], ["19,9", "EUR", 1990], [" 20 ", "EUR", 2000], ["0.1", "KWD", 100], ["1999", "JPY", 1999],
    ["19.999", "EUR", null], ["1.5", "JPY", null], ["1,000.00", "EUR", null], ["-1", "EUR", null], ["", "EUR", null],
  ])("typed as %j in %s is %j", (typed, currency, minor) => expect(minorOf(typed, currency)).toBe(minor));

  it("comes back as one types it", () => {
    expect(typedAmount(euro(1990))).toBe("19.90");
    expect(typedAmount({ amount_minor: 1990, currency: "JPY" })).toBe("1990");
  });

  it("adds only what has one currency", () => {
    expect(sum([euro(1), times(euro(2), 3)])).toEqual(euro(7));
    expect(sum([euro(1), { amount_minor: 1, currency: "USD" }])).toBeNull();
    expect(sum([])).toBeNull();
  });
});
