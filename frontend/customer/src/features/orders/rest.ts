import type { CartLine } from "../../shop/cart";
import type { OrderView } from "@waybill/shared/api/order-view";

interface Short {
  sku: string;
  available: number;
}

/** What of a cancelled order can still be had, as far as the order knows: short lines in the number that was there. */
export function restOf({ order, timeline }: OrderView): CartLine[] {
  const rejected = timeline.findLast(({ fact }) => fact === "stock_rejected" || fact === "stock_lost");
  const short = shortLines(rejected?.detail);
  return order.items.flatMap((item) => {
    const left = short.get(item.sku) ?? item.quantity;
    const quantity = Math.min(item.quantity, left);
    if (quantity <= 0) return [];
    const { product_id, sku, name, unit_price } = item;
    return [{ productId: product_id, sku, name, price: unit_price, imageUrl: null, quantity }];
  });
}

function shortLines(detail: unknown): Map<string, number> {
  const lines = (detail as { short_lines?: Short[] } | undefined)?.short_lines;
  return new Map(Array.isArray(lines) ? lines.map(({ sku, available }) => [sku, available]) : []);
}
