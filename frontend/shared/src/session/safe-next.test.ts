import { describe, expect, it } from "vitest";
import { safeNext } from "./safe-next";

describe("the page after signing in", () => {
  it.each(["//evil.test", "https://evil.test", "/\\evil.test", "javascript:alert(1)", "", undefined])("is never %s", (next) => {
    expect(safeNext(next, "/")).toBe("/");
  });

  it("is the page that somebody came from", () => expect(safeNext("/orders/ord_1?x=1", "/")).toBe("/orders/ord_1?x=1"));
});
