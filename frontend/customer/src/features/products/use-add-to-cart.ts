import { useNavigate } from "@tanstack/react-router";
import type { Product } from "@waybill/shared/api/types";
import { useNotify } from "@waybill/shared/ui/notify";
import { addToCart, LINES_MAX, readCart } from "../../shop/cart";

/** Puts a product into the cart and says so, with the way there. */
export function useAddToCart(): (product: Product, quantity: number) => void {
  const notify = useNotify();
  const navigate = useNavigate();
  return (product, quantity) => {
    addToCart(product, quantity);
    const there = readCart().lines.some((line) => line.sku === product.sku);
    if (!there) return notify(`An order holds ${LINES_MAX} products at most.`);
    notify(`${product.name} is in the cart.`, { label: "To the cart", run: () => void navigate({ to: "/cart" }) });
  };
}
