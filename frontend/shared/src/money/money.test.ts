import { describe, expect, it } from "vitest";
import { formatMoney, sum, times } from "./money";

const euro = (amount_minor: number) => ({ amount_minor, currency: "EUR" });

describe("money", () => {
  it("knows how many minor units a currency has", () => {
    expect(formatMoney(euro(1999), "en")).toBe("€19.99");
    expect(formatMoney({ amount_minor: 1999, currency: "JPY" }, "en")).toBe("¥1,999");
    expect(formatMoney({ amount_minor: 1999, currency: "KWD" }, "en")).toBe("KWD\u00a01.999");
  });

  it("adds only what has one currency", () => {
    expect(sum([euro(1), times(euro(2), 3)])).toEqual(euro(7));
    expect(sum([euro(1), { amount_minor: 1, currency: "USD" }])).toBeNull();
    expect(sum([])).toBeNull();
  });
});
