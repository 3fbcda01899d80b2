import type { Order, Payment, Product, PublicStock, TimelineEntry, User } from "../api/types";
import { NOW, euro, found, json, page, problem, type Answer, type Call } from "./answers";
import { FakeOffice } from "./fake-office";
import type { FakeStreams } from "./fake-streams";

export { euro, problem, refuse } from "./answers";

/** A shop in memory that answers as the services do, as far as the pages can tell. */
export class FakeShop {
  products: Product[] = [];
  stock = new Map<string, PublicStock>();
  orders: Order[] = [];
  payments: Payment[] = [];
  timelines = new Map<string, TimelineEntry[]>();
  /** What staff see and do. */
  readonly office = new FakeOffice(this);
  /** Who is signed in by the cookie. */
  user: User | null = null;
  /** What came in, oldest first. */
  requests: { method: string; path: string; key: string | null; body: unknown }[] = [];
  /** Where events can be watched; without it, every stream is refused. */
  streams: FakeStreams | null = null;
  private readonly answers = new Map<string, Answer>();
  private readonly special = new Map<string, ((request: Request) => Promise<Response> | Response | null)[]>();

  /** Lets the next request to `method path` be answered by `answer`; null lets it through to the shop. */
  once(call: string, answer: (request: Request) => Promise<Response> | Response | null): void {
    this.special.set(call, [...(this.special.get(call) ?? []), answer]);
  }

  /** Answers a request. */
  async handle(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const path = pathname.replace("/api/v1", "");
    const key = request.headers.get("Idempotency-Key");
    const text = await request.clone().text();
    const body = text ? (JSON.parse(text) as unknown) : null;
    this.requests.push({ method: request.method, path, key, body });
    if (this.streams && path.endsWith("/events")) return this.streams.open(path, request);
    const special = this.special.get(`${request.method} ${path}`)?.shift();
    const early = special ? await special(request) : null;
    if (early) return early;
    const known = key && this.answers.get(key);
    if (known) return json(known);
    const call = { method: request.method, parts: path.split("/").slice(1).map(decodeURIComponent), query: searchParams, body, headers: request.headers };
    const answer = this.forStaff(call) ?? this.answer(request.method, path, searchParams, body) ?? problem(404, "not_found", "Not Found");
    if (key && answer.status < 500) this.answers.set(key, answer);
    return json(answer);
  }

  private forStaff(call: Call): Answer | null {
    const isStaff = this.user?.roles.some((role) => role !== "CUSTOMER");
    return isStaff ? this.office.answer(call) : null;
  }

  private answer(method: string, path: string, query: URLSearchParams, body: unknown): Answer | null {
    const [, area, first, second] = path.split("/");
    if (area === "auth") return this.auth(first ?? "", body);
    if (area === "products") return first ? found(this.products.find(({ id }) => id === first)) : page(this.products, query);
    if (area === "inventory") return found(this.stock.get(decodeURIComponent(first ?? "")));
    if (!this.user) return problem(401, "unauthenticated", "Unauthorized");
    if (area === "payments" && method === "GET") return page(this.payments.filter((each) => each.order_id === query.get("order_id")), query);
    if (area === "payments" && first === "confirm") return this.confirm(body as { order_id: string; payment_method: string });
    if (area !== "orders") return null;
    if (!first) return method === "POST" ? this.place(body as Wanted) : page(this.listed(query), query);
    if (first === "events" || second === "events") return null;
    if (second === "timeline") return found({ data: this.timelines.get(first) ?? [] });
    const order = this.orders.find(({ id }) => id === first);
    if (second === "cancel" && order) return this.cancel(order);
    return found(order);
  }

  private listed(query: URLSearchParams): Order[] {
    const fits = (order: Order) => ["status", "number"].every((name) => !query.has(name) || order[name as "status"] === query.get(name));
    return this.orders.filter(fits).toReversed();
  }

  private auth(call: string, body: unknown): Answer {
    if (call === "logout") this.user = null;
    if (call === "logout") return { status: 204, body: null };
    if (call === "register") return { status: 201, body: aUser() };
    const wrong = call === "login" && (body as { password: string }).password !== "waybill-demo";
    if (wrong) return problem(401, "invalid_credentials", "Unauthorized");
    if (call === "login") this.user = userOf((body as { email: string }).email);
    if (!this.user) return problem(401, "unauthenticated", "Unauthorized");
    return { status: 200, body: { access_token: `token-${this.requests.length}`, token_type: "Bearer", expires_in: 600, user: this.user } };
  }

  private place({ items, payment_method, shipping_address }: Wanted): Answer {
    const order = anOrder({
      id: `ord_${String(this.orders.length + 1).padStart(32, "0")}`,
      number: `W-7K3M9-${String(this.orders.length + 1).padStart(5, "0")}`,
      shipping_address: shipping_address ?? null,
      items: items.map(({ sku, quantity }, index) => lineOf(this.products.find((each) => each.sku === sku)!, quantity, index)),
    });
    order.total = { currency: "EUR", amount_minor: order.items.reduce((sum, item) => sum + item.line_total.amount_minor, 0) };
    this.orders.push(order);
    this.payments.push(aPayment(order));
    this.timelines.set(order.id, [fact("created", "order"), fact("stock_reserved", "inventory")]);
    if (payment_method) this.charge(order, payment_method);
    return { status: 201, body: order };
  }

  private confirm({ order_id, payment_method }: { order_id: string; payment_method: string }): Answer {
    const order = this.orders.find(({ id }) => id === order_id);
    if (!order) return problem(404, "not_found", "Not Found");
    this.charge(order, payment_method);
    const payment = this.payments.find((each) => each.order_id === order_id)!;
    if (payment.status === "SUCCEEDED") return { status: 200, body: payment };
    return problem(402, "card_declined", "Payment Required");
  }

  private charge(order: Order, method: string): void {
    const payment = this.payments.find((each) => each.order_id === order.id)!;
    const declined = method.includes("Declined");
    const attempt = { id: `att_${payment.attempts.length}`, number: payment.attempts.length + 1, payment_method: method, created_at: NOW };
    payment.attempts.push({ ...attempt, status: declined ? "DECLINED" : "SUCCEEDED", decline_code: declined ? "insufficient_funds" : null });
    payment.attempts_left -= 1;
    if (declined) return void Object.assign(order, { status: "PAYMENT_PENDING", payment_status: "PENDING", allowed_actions: ["pay", "cancel"] });
    payment.status = "SUCCEEDED";
    const cancellable_until = new Date(Date.now() + 60_000).toISOString();
    Object.assign(order, { status: "PAID", payment_status: "PAID", allowed_actions: ["cancel"], cancellable_until });
    this.timelines.get(order.id)?.push(fact("payment_captured", "payment", { captured: order.total }));
  }

  private cancel(order: Order): Answer {
    Object.assign(order, { status: "CANCELLED", cancel_reason: "BUYER", payment_status: "REFUNDED", allowed_actions: [], cancellable_until: null });
    this.timelines.get(order.id)?.push(fact("cancel_requested", "order", { by: "buyer" }), fact("refunded", "payment", { total: order.total }));
    return { status: 200, body: order };
  }
}

interface Wanted {
  items: { sku: string; quantity: number }[];
  payment_method?: string;
  shipping_address?: Order["shipping_address"];
}

/** The demo accounts, by their addresses. */
function userOf(email: string): User {
  if (email.startsWith("admin")) return aUser({ id: "usr_admin", email, name: "Ada Admin", roles: ["ADMIN"] });
  if (email.startsWith("seller")) return aUser({ id: "usr_seller", email, name: "Sam Seller", roles: ["SELLER"], seller_id: "sel_1" });
  return aUser();
}

export function aUser(more: Partial<User> = {}): User {
  return { id: "usr_1", email: "buyer@waybill.test", name: "Bo Buyer", roles: ["CUSTOMER"], seller_id: null, email_verified: true, version: 1, created_at: NOW, ...more };
}

export function aProduct(sku: string, more: Partial<Product> = {}): Product {
  const image_url = `/pictures/${sku}.svg`;
  return { id: `prd_${sku}`, sku, name: sku, description: "", price: euro(1999), status: "ACTIVE", seller_id: null, images: [{ id: "img_1", url: image_url, alt: "" }], image_url, created_at: NOW, updated_at: NOW, ...more };
}

export function fact(name: string, service: string, detail: TimelineEntry["detail"] = {}): TimelineEntry {
  return { at: NOW, fact: name, service, actor: { type: "SERVICE", id: service }, detail };
}

function lineOf(product: Product, quantity: number, index: number): Order["items"][number] {
  const { sku, id, name, price } = product;
  return { id: `itm_${index}`, sku, product_id: id, seller_id: null, name, quantity, unit_price: price, line_total: { ...price, amount_minor: price.amount_minor * quantity } };
}

export function anOrder(more: Partial<Order> = {}): Order {
  const totals = { items: euro(1999), discount: euro(0), shipping: euro(0), tax: euro(0) };
  return {
    id: "ord_1", number: "W-7K3M9-Q2XTB", customer: { user_id: "usr_1", email: "buyer@waybill.test", name: "Bo Buyer" }, currency: "EUR", status: "CREATED",
    cancel_reason: null, cancel_note: null, payment_status: "NONE", fulfillment_status: "UNFULFILLED", items: [lineOf(aProduct("CUP-MUG-300"), 1, 0)], totals, tax_included: true,
    total: euro(1999), shipping_address: null, billing_address: null, shipments: [], created_at: NOW, updated_at: NOW, cancellable_until: null, allowed_actions: ["cancel"], ...more,
  };
}

export function aPayment(order: Order, more: Partial<Payment> = {}): Payment {
  const none = euro(0);
  return { id: "pay_1", order_id: order.id, status: "REQUIRES_PAYMENT", amount: order.total, captured: none, refunded: none, attempts_left: 3, attempts: [], refunds: [], created_at: NOW, updated_at: NOW, ...more };
}
