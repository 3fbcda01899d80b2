import type { DeadLetter, Order, OrderSummary, Payment, Product, Refund, Stock, StockMovement } from "../api/types";
import { NOW, euro, page, problem, type Answer, type Call } from "./answers";
import type { FakeShop } from "./fake-shop";

/** What staff do in an invented shop. */
export class FakeOffice {
  movements = new Map<string, StockMovement[]>();
  deadLetters = new Map<string, DeadLetter[]>();
  /** How often a product was changed: its tag. */
  private readonly versions = new Map<string, number>();

  constructor(private readonly shop: FakeShop) {}

  /** The answer to a call of staff's; null where it is none. */
  answer(call: Call): Answer | null {
    const [area, first, second, third] = call.parts;
    if (area === "admin") return this.ofDeadLetters(call, first ?? "", third);
    if (area === "products") return first ? this.ofProduct(call, first) : this.ofProducts(call);
    if (area === "inventory") return first ? this.ofStock(call, first, second) : page([...this.shop.stock.values()], call.query);
    if (area === "payments" && first === "refund") return this.refund(call.body as { payment_id: string; amount?: { amount_minor: number }; reason: string });
    if (area === "orders" && first === "summary") return { status: 200, body: this.summary(Number(call.query.get("days"))) };
    if (area === "orders" && first && call.method === "POST") return this.move(first, second ?? "", call.body);
    return null;
  }

  /** Somebody else changes a product. */
  changeProduct(product: Product, change: Partial<Product>): void {
    Object.assign(product, change);
    this.versions.set(product.id, this.versionOf(product) + 1);
  }

  private versionOf({ id }: Product): number {
    return this.versions.get(id) ?? 1;
  }

  private ofProducts({ method, query, body }: Call): Answer | null {
    if (method === "GET") {
      const wanted = (product: Product) => ["status", "sku"].every((name) => !query.has(name) || product[name as "status"] === query.get(name));
      const mine = query.get("mine") === "true" && !this.shop.user?.roles.includes("ADMIN");
      return page(this.shop.products.filter((product) => wanted(product) && (!mine || product.seller_id === this.shop.user?.seller_id)), query);
    }
    const given = body as Pick<Product, "sku" | "name" | "price" | "status">;
    if (this.shop.products.some(({ sku }) => sku === given.sku)) return problem(409, "sku_taken", "Conflict");
    const product: Product = { id: `prd_${given.sku}`, description: "", seller_id: this.shop.user?.seller_id ?? null, images: [], image_url: null, created_at: NOW, updated_at: NOW, ...given };
    this.shop.products.unshift(product);
    return { status: 201, body: product, headers: { ETag: '"1"' } };
  }

  private ofProduct({ method, headers, body }: Call, id: string): Answer | null {
    const product = this.shop.products.find((each) => each.id === id);
    if (!product) return null;
    const tagged = () => ({ status: 200, body: product, headers: { ETag: `"${this.versionOf(product)}"` } });
    if (method === "GET") return tagged();
    if (headers.get("If-Match") !== `"${this.versionOf(product)}"`) return problem(412, "precondition_failed", "Precondition Failed");
    this.changeProduct(product, method === "DELETE" ? { status: "ARCHIVED" } : (body as Partial<Product>));
    return method === "DELETE" ? { status: 204, body: null } : tagged();
  }

  private ofStock({ method, query, headers, body }: Call, sku: string, second: string | undefined): Answer | null {
    const ledger = this.movements.get(sku) ?? [];
    if (second === "movements") return page(ledger, query);
    const stock = this.shop.stock.get(sku) as Stock | undefined;
    if (!stock) return null;
    const tagged = (status: number) => ({ status, body: stock, headers: { ETag: `"${stock.version}"` } });
    if (method === "GET") return tagged(200);
    const { on_hand, delta, reason } = body as { on_hand?: number; delta?: number; reason: string };
    if (method === "PUT" && headers.get("If-Match") !== `"${stock.version}"`) return problem(412, "precondition_failed", "Precondition Failed");
    const after = on_hand ?? stock.on_hand + (delta ?? 0);
    if (after < stock.reserved) return problem(409, "stock_reserved", "Conflict", { reserved: stock.reserved });
    const kind = method === "PUT" ? "COUNT" : "ADJUSTMENT";
    this.movements.set(sku, [{ id: String(ledger.length + 1), at: NOW, delta: after - stock.on_hand, kind, reason, actor: this.shop.user?.id ?? null, order_id: null, on_hand_after: after }, ...ledger]);
    Object.assign(stock, aStock(sku, after, stock.reserved, stock.version + 1));
    return tagged(method === "PUT" ? 200 : 201);
  }

  private summary(days: number): OrderSummary {
    const by_status: Record<string, number> = {};
    const by_day: OrderSummary["by_day"] = [];
    for (const { status, currency, total, created_at } of this.shop.orders) {
      by_status[status] = (by_status[status] ?? 0) + 1;
      const earns = ["PAID", "SHIPPED", "DELIVERED"].includes(status);
      by_day.push({ day: created_at.slice(0, 10), orders: 1, revenue: { amount_minor: earns ? total.amount_minor : 0, currency } });
    }
    const since = new Date(Date.now() - (days - 1) * 86_400_000).toISOString().slice(0, 10);
    return { days, since: `${since}T00:00:00Z`, complete: true, at: new Date().toISOString(), by_status, by_day };
  }

  private move(id: string, action: string, body: unknown): Answer | null {
    const order = this.shop.orders.find((each) => each.id === id);
    if (!order) return null;
    if (action !== "cancel" && !order.allowed_actions.includes(action)) return problem(409, "invalid_transition", "Conflict", { from: order.status, allowed: order.allowed_actions });
    if (action === "ship") Object.assign(order, shipped(order, body as { carrier?: string; tracking_number?: string }));
    else if (action === "deliver") Object.assign(order, { status: "DELIVERED", fulfillment_status: "DELIVERED", allowed_actions: [] });
    else return null;
    return { status: 200, body: order };
  }

  private refund({ payment_id, amount, reason }: { payment_id: string; amount?: { amount_minor: number }; reason: string }): Answer {
    const payment = this.shop.payments.find(({ id }) => id === payment_id);
    if (!payment) return problem(404, "not_found", "Not Found");
    const left_minor = payment.captured.amount_minor - payment.refunds.reduce((sum, each) => sum + each.amount.amount_minor, 0);
    const wanted = amount?.amount_minor ?? left_minor;
    const order = this.shop.orders.find(({ id }) => id === payment.order_id)!;
    if (wanted > left_minor) return problem(409, "refund_exceeds_capture", "Conflict", { left_minor });
    if (wanted === left_minor && order.fulfillment_status === "UNFULFILLED") return problem(409, "cancel_instead", "Conflict");
    const made: Refund = { id: `ref_${payment.refunds.length}`, payment_id, order_id: payment.order_id, amount: euro(wanted), status: "SUCCEEDED", reason, failure_code: null, created_at: NOW };
    payment.refunds.push(made);
    payment.refunded = euro(payment.refunded.amount_minor + wanted);
    payment.status = payment.refunded.amount_minor === payment.captured.amount_minor ? "REFUNDED" : "PARTIALLY_REFUNDED";
    return { status: 201, body: made };
  }

  private ofDeadLetters({ method, parts, query }: Call, service: string, id: string | undefined): Answer | null {
    const letters = this.deadLetters.get(service) ?? [];
    if (method === "GET") return page(letters, query);
    const letter = letters.find((each) => each.id === id);
    if (!letter || parts[3] === undefined) return null;
    const first = letters.findLast((each) => each.key === letter.key && each.state === "DEAD");
    if (first && first !== letter) return problem(409, "waits_behind_dead_letter", "Conflict", { first: first.id });
    for (const each of letters) if (each.key === letter.key) Object.assign(each, { state: "DONE", replayed_at: NOW });
    return { status: 202, body: letter };
  }
}

function shipped(order: Order, { carrier, tracking_number }: { carrier?: string; tracking_number?: string }): Partial<Order> {
  const shipment = { id: "shp_1", carrier: carrier ?? null, tracking_number: tracking_number ?? null, items: order.items.map(({ id, quantity }) => ({ item_id: id, quantity })), shipped_at: NOW, delivered_at: null };
  return { status: "SHIPPED", fulfillment_status: "SHIPPED", shipments: [shipment], allowed_actions: ["deliver", "refund"], cancellable_until: null };
}

export function aStock(sku: string, on_hand: number, reserved = 0, version = 1): Stock {
  const available = on_hand - reserved;
  const availability = available <= 0 ? "OUT_OF_STOCK" : available <= 5 ? "LOW_STOCK" : "IN_STOCK";
  return { sku, availability, ...(available <= 5 && { left: available }), on_hand, reserved, available, version, on_hand_at_version: on_hand };
}

export function aDeadLetter(id: string, more: Partial<DeadLetter> = {}): DeadLetter {
  return {
    id, topic: "payment.events", key: "ord_1", event_id: "0198c1a0-f00d-7000-a000-000000000001", event_type: "PAYMENT_SUCCESS", state: "DEAD", error_class: "PERMANENT",
    error: "the order is not known", attempts: 4, created_at: NOW, replayed_at: null, headers: [["event-type", "PAYMENT_SUCCESS"]], payload_base64: "CgVvcmRfMQ==", decoded: '{"order_id": "ord_1"}', ...more,
  };
}

/** A payment whose money is there. */
export function capturedPayment(payment: Payment): Payment {
  const attempt = { id: "att_1", number: 1, payment_method: "pm_card_visa", status: "SUCCEEDED", decline_code: null, created_at: NOW };
  return { ...payment, status: "SUCCEEDED", captured: payment.amount, attempts: [attempt], attempts_left: 2 };
}
