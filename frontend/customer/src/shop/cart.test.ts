import { aProduct } from "@waybill/shared/testing/fake-shop";
import { beforeEach, describe, expect, it } from "vitest";
import { addToCart, clearCart, forgetCopy, pieces, putBack, readCart, removeFromCart, setQuantity } from "./cart";

const skus = () => readCart().lines.map(({ sku, quantity }) => [sku, quantity]);

describe("the cart", () => {
  beforeEach(forgetCopy);

  it("survives a reload", () => {
    addToCart(aProduct("A"), 2);
    addToCart(aProduct("B"), 1);
    addToCart(aProduct("A"), 1);
    forgetCopy();
    expect(skus()).toEqual([["A", 3], ["B", 1]]);
    expect(pieces(readCart())).toBe(4);
  });

  it("keeps to the limits of an order", () => {
    addToCart(aProduct("A"), 99);
    addToCart(aProduct("A"), 99);
    setQuantity("A", 0);
    expect(skus()).toEqual([["A", 1]]);
    for (let n = 0; n < 60; n += 1) addToCart(aProduct(`P${n}`), 1);
    expect(readCart().lines).toHaveLength(50);
  });

  it("takes a removal back to its place", () => {
    for (const sku of ["A", "B", "C"]) addToCart(aProduct(sku), 1);
    const line = readCart().lines[1]!;
    removeFromCart("B");
    putBack(line, 1);
    expect(skus().map(([sku]) => sku)).toEqual(["A", "B", "C"]);
  });

  it("is emptied by its own order only", () => {
    addToCart(aProduct("A"), 1);
    const { id } = readCart();
    clearCart("another");
    expect(readCart().lines).toHaveLength(1);
    clearCart(id);
    expect(readCart().lines).toHaveLength(0);
    expect(readCart().id).not.toBe(id);
  });

  it("is not broken by what else stands in the storage", () => {
    localStorage.setItem("waybill.cart", '{"lines": 7}');
    expect(readCart().lines).toEqual([]);
  });
});
