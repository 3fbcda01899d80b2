import type { Money, Product } from "@waybill/shared/api/types";
import { useSyncExternalStore } from "react";

const STORAGE = "waybill.cart";
/** The server's limits for one order. */
export const LINES_MAX = 50;
export const QUANTITY_MAX = 100;

/** A product in the cart, with what is needed to show it before the server has answered. */
export interface CartLine {
  productId: string;
  sku: string;
  name: string;
  price: Money;
  imageUrl: string | null;
  quantity: number;
}

export interface Cart {
  /** Another one after each order: it tells whether the cart in view is still the one that was ordered. */
  id: string;
  lines: CartLine[];
}

const listeners = new Set<() => void>();
let current: Cart | null = null;

function emptyCart(): Cart {
  return { id: crypto.randomUUID(), lines: [] };
}

/** What another build or a curious person left in the storage is not a cart until it looks like one. */
function parse(text: string | null): Cart | null {
  try {
    const found = JSON.parse(text ?? "null") as Cart | null;
    return typeof found?.id === "string" && Array.isArray(found.lines) ? found : null;
  } catch {
    return null;
  }
}

/** The cart as the storage has it, which other tabs change too. */
export function readCart(): Cart {
  return (current ??= parse(localStorage.getItem(STORAGE)) ?? emptyCart());
}

function write(cart: Cart): void {
  current = cart;
  localStorage.setItem(STORAGE, JSON.stringify(cart));
  for (const listener of listeners) listener();
}

function change(lines: (before: CartLine[]) => CartLine[]): void {
  forgetCopy();
  const before = readCart();
  write({ ...before, lines: lines(before.lines) });
}

/** Makes the next reading come from the storage. */
export function forgetCopy(): void {
  current = null;
}

export function addToCart(product: Product, quantity: number): void {
  change((lines) => {
    const there = lines.find((line) => line.sku === product.sku);
    if (!there && lines.length >= LINES_MAX) return lines;
    const line = lineOf(product, Math.min(QUANTITY_MAX, (there?.quantity ?? 0) + quantity));
    return there ? lines.map((each) => (each === there ? line : each)) : [...lines, line];
  });
}

function lineOf(product: Product, quantity: number): CartLine {
  const { id, sku, name, price, image_url } = product;
  return { productId: id, sku, name, price, imageUrl: image_url ?? null, quantity };
}

export function setQuantity(sku: string, quantity: number): void {
  const kept = Math.max(1, Math.min(QUANTITY_MAX, quantity));
  change((lines) => lines.map((line) => (line.sku === sku ? { ...line, quantity: kept } : line)));
}

export function removeFromCart(sku: string): void {
  change((lines) => lines.filter((line) => line.sku !== sku));
}

/** Puts a removed line back where it was. */
export function putBack(line: CartLine, index: number): void {
  change((lines) => (lines.some((each) => each.sku === line.sku) ? lines : lines.toSpliced(index, 0, line)));
}

/** Puts lines into the cart in place of those of the same SKU. */
export function putLines(lines: CartLine[]): void {
  const put = new Set(lines.map((line) => line.sku));
  change((before) => [...before.filter((line) => !put.has(line.sku)), ...lines]);
}

/** After an order: a new cart, unless this one is another than the one that was ordered. */
export function clearCart(id: string): void {
  forgetCopy();
  if (readCart().id === id) write(emptyCart());
}

/** How many pieces are in the cart. */
export function pieces(cart: Cart): number {
  return cart.lines.reduce((total, line) => total + line.quantity, 0);
}

function subscribe(listener: () => void): () => void {
  const hear = (event: StorageEvent) => {
    if (event.key !== STORAGE && event.key !== null) return;
    forgetCopy();
    listener();
  };
  listeners.add(listener);
  window.addEventListener("storage", hear);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", hear);
  };
}

export function useCart(): Cart {
  return useSyncExternalStore(subscribe, readCart);
}
