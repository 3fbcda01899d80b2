import { useQueries, type UseQueryResult } from "@tanstack/react-query";
import { hasCode } from "@waybill/shared/api/problem";
import type { Money, Product, PublicStock } from "@waybill/shared/api/types";
import { sum, times } from "@waybill/shared/money/money";
import { useApi } from "@waybill/shared/session/context";
import { useMemo } from "react";
import type { Cart, CartLine } from "./cart";
import { productById, stockOf } from "./products";

/** A line of the cart with what the server says about it now. */
export interface CheckedLine extends CartLine {
  /** The price when it was put into the cart, where it is another one today. */
  priceBefore: Money | null;
  /** No longer for sale. */
  gone: boolean;
  /** How many can be had, where that is fewer than are wanted. */
  only: number | null;
}

export interface CheckedCart {
  lines: CheckedLine[];
  /** Null when the lines have no common currency. */
  total: Money | null;
  /** Whether something has to be mended before it can be ordered. */
  blocked: boolean;
  /** Whether the server has answered for every line. */
  settled: boolean;
}

type Answer<T> = Pick<UseQueryResult<T>, "data" | "error" | "isPending">;

/** What counts of the queries' results: it stays the same object until one of these changes. */
function answers<T>(results: UseQueryResult<T>[]): Answer<T>[] {
  return results.map(({ data, error, isPending }) => ({ data, error, isPending }) as Answer<T>);
}

/** Holds the cart against today's prices and stock. */
export function useCheckedCart(cart: Cart): CheckedCart {
  const api = useApi();
  const products = useQueries({ queries: cart.lines.map((line) => productById(api, line.productId)), combine: answers<Product> });
  const stocks = useQueries({ queries: cart.lines.map((line) => stockOf(api, line.sku)), combine: answers<PublicStock> });
  return useMemo(() => check(cart, products, stocks), [cart, products, stocks]);
}

function check(cart: Cart, products: Answer<Product>[], stocks: Answer<PublicStock>[]): CheckedCart {
  const lines = cart.lines.map((line, index): CheckedLine => {
    const now = products[index]?.data;
    const stock = stocks[index]?.data;
    const gone = hasCode(products[index]?.error, "not_found") || (now !== undefined && now.status !== "ACTIVE");
    const moved = now !== undefined && now.price.amount_minor !== line.price.amount_minor;
    return { ...line, name: now?.name ?? line.name, imageUrl: now?.image_url ?? line.imageUrl, price: now?.price ?? line.price, priceBefore: moved ? line.price : null, gone, only: onlyLeft(stock, line.quantity) };
  });
  return {
    lines,
    total: sum(lines.map((line) => times(line.price, line.quantity))),
    blocked: lines.some((line) => line.gone || line.only !== null),
    settled: products.every((query) => !query.isPending),
  };
}

function onlyLeft(stock: { availability: string; left?: number | null } | undefined, wanted: number): number | null {
  if (stock?.availability === "OUT_OF_STOCK") return 0;
  return typeof stock?.left === "number" && stock.left < wanted ? stock.left : null;
}
