import { describe, expect, it } from "vitest";
import { fieldOf } from "./server-faults";

describe("a pointer", () => {
  it.each([
    ["#/email", "email"],
    ["#/items/0/quantity", "items.0.quantity"],
    ["#/a~1b/c~0d/e%20f", "a/b.c~d.e f"],
    ["#", null],
    [null, null],
  ])("%s means the field %s", (pointer, field) => expect(fieldOf(pointer)).toBe(field));
});
