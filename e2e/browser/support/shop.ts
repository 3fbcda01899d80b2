import { expect } from "@playwright/test";
import { randomUUID } from "node:crypto";
import { stack } from "./stack.ts";

export interface Account {
  id: string;
  email: string;
  password: string;
  name: string;
  token: string;
}

export interface Product {
  id: string;
  sku: string;
  name: string;
}

export interface Order {
  id: string;
  number: string;
  status: string;
}

const PASSWORD = "correct horse";
/** Half of an access token's life: a run of all tests may take longer than the whole. */
const SIGNED_IN_MS = 5 * 60_000;

interface Call {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

async function call(method: string, path: string, { token, body, headers }: Call = {}): Promise<Response> {
  return fetch(`${stack.url}/api/v1${path}`, {
    method,
    headers: {
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(method === "POST" && { "Idempotency-Key": randomUUID() }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function wanted<T>(status: number, answer: Promise<Response>): Promise<T> {
  const response = await answer;
  const text = await response.text();
  if (response.status !== status) throw new Error(`${response.url}: ${response.status} instead of ${status}: ${text}`);
  return (text === "" ? null : JSON.parse(text)) as T;
}

export const random = () => randomUUID().slice(0, 8);
const euro = (minor: number) => ({ amount_minor: minor, currency: "EUR" });

async function signIn(email: string, password: string): Promise<Account> {
  const answer = await wanted<{ access_token: string; user: { id: string; name: string } }>(200, call("POST", "/auth/login", { body: { email, password } }));
  return { id: answer.user.id, email, password, name: answer.user.name, token: answer.access_token };
}

/** What tests do without the browser: each makes the people and things that it needs, under names of its own. */
export class Shop {
  private administrator: { account: Promise<Account>; since: number } | null = null;

  admin(): Promise<Account> {
    if (!this.administrator || Date.now() - this.administrator.since > SIGNED_IN_MS) {
      this.administrator = { account: signIn(stack.admin.email, stack.admin.password), since: Date.now() };
    }
    return this.administrator.account;
  }

  seller(): Promise<Account> {
    return signIn(stack.seller.email, stack.seller.password);
  }

  async customer(): Promise<Account> {
    const body = { email: `${randomUUID()}@buyers.test`, password: PASSWORD, name: `Buyer ${random()}` };
    await wanted(201, call("POST", "/auth/register", { body }));
    return signIn(body.email, body.password);
  }

  /** The account of a person who may have been here before. */
  async account(name: string): Promise<Account> {
    const email = `${name.toLowerCase().normalize("NFD").replaceAll(/[^a-z]+/g, "")}@waybill.test`;
    await call("POST", "/auth/register", { body: { email, password: PASSWORD, name } });
    return signIn(email, PASSWORD);
  }

  /** Products of the demo shop. */
  async productsBySku(skus: string[]): Promise<Product[]> {
    const all = await wanted<{ data: Product[] }>(200, call("GET", "/products?limit=100"));
    return skus.map((sku) => all.data.find((product) => product.sku === sku)!);
  }

  /** A product on sale with stock, which every service knows of. */
  async product({ stock = 100, price = 1000, owner }: { stock?: number; price?: number; owner?: Account } = {}): Promise<Product> {
    const { token } = owner ?? (await this.admin());
    const sku = `B-${random()}-${random()}`;
    const body = { sku, name: `Product ${sku}`, description: "Made for a test.", status: "ACTIVE", price: euro(price), image_url: "/pictures/CUP-MUG-300.svg" };
    const product = await wanted<Product>(201, call("POST", "/products", { token, body }));
    const count = { token, body: { on_hand: stock, reason: "test" }, headers: { "If-None-Match": "*" } };
    await expect.poll(async () => (await call("PUT", `/inventory/${sku}`, count)).status, { message: `the stock of ${sku}` }).toBeLessThan(300);
    await this.isOnSale(sku);
    return product;
  }

  /** The order service has heard of it as soon as it minds the price: an order with a wrong total makes none. */
  private async isOnSale(sku: string): Promise<void> {
    const { token } = await this.customer();
    const body = { items: [{ sku, quantity: 1 }], expected_total: euro(1) };
    await expect.poll(async () => (await call("POST", "/orders", { token, body })).status, { message: `${sku} is on sale` }).toBe(409);
  }

  async order(by: Account, products: Product[], { payment = "pm_card_visa", quantity = 1 }: { payment?: string | null; quantity?: number } = {}): Promise<Order> {
    const items = products.map(({ sku }) => ({ sku, quantity }));
    const address = { name: by.name, line1: "Kaffeegasse 12", postal_code: "20457", city: "Hamburg", country: "DE" };
    const body = { items, shipping_address: address, ...(payment && { payment_method: payment }) };
    return wanted<Order>(201, call("POST", "/orders", { token: by.token, body }));
  }

  /** An order as it is once it has got to this status. */
  async becomes(order: Order, status: string): Promise<Order> {
    const { token } = await this.admin();
    const read = () => wanted<Order>(200, call("GET", `/orders/${order.id}`, { token }));
    await expect.poll(async () => (await read()).status, { message: `${order.number} becomes ${status}` }).toBe(status);
    return read();
  }

  async paidOrder(by: Account, products: Product[]): Promise<Order> {
    return this.becomes(await this.order(by, products), "PAID");
  }

  async ordersOf(account: Account): Promise<Order[]> {
    return (await wanted<{ data: Order[] }>(200, call("GET", "/orders?limit=100", { token: account.token }))).data;
  }

  async ship(order: Order): Promise<void> {
    const { token } = await this.admin();
    await wanted(200, call("POST", `/orders/${order.id}/ship`, { token, body: { carrier: "DHL", tracking_number: "00340434161094042557" } }));
  }

  /** The count of a SKU and its version's tag. */
  async stock(sku: string): Promise<{ on_hand: number; available: number; etag: string }> {
    const { token } = await this.admin();
    const response = await call("GET", `/inventory/${sku}`, { token });
    return { ...((await response.json()) as { on_hand: number; available: number }), etag: response.headers.get("ETag") ?? "" };
  }

  async setStock(sku: string, onHand: number): Promise<void> {
    const { token } = await this.admin();
    const { etag } = await this.stock(sku);
    await wanted(200, call("PUT", `/inventory/${sku}`, { token, body: { on_hand: onHand, reason: "test" }, headers: { "If-Match": etag } }));
  }
}
