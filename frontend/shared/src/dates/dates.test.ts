import { describe, expect, it } from "vitest";
import { formatDuration } from "./dates";

describe("a duration", () => {
  it.each([
    [0, "0 ms"], [84.4, "84 ms"], [1_240, "1.2 s"], [42_000, "42 s"], [60_000, "1 min"], [185_000, "3 min 5 s"],
    [7_500_000, "2 h 5 min"], [90_000_000, "1 d 1 h"],
  ])("of %d ms is told as %s", (ms, words) => expect(formatDuration(ms)).toBe(words));
});
