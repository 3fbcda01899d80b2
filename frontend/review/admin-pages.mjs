// The admin's pages that are taken pictures of: each makes its shop and says where to go.

const HOUR = 3_600_000;
const ADDRESS = { name: "Bo Buyer", line1: "Kaffeegasse 12", postal_code: "20457", city: "Hamburg", country: "DE" };
const STATUSES = ["PAID", "CREATED", "DELIVERED", "PAYMENT_PENDING", "SHIPPED", "PAID", "CANCELLED", "DELIVERED", "PAID"];
const LONG = "Extraordinarily long-named Donaudampfschifffahrtsgesellschaftskapitänsespresso in the large family bag, 1 kg";

/** @param fake the invented shop's module @param office what staff do in it @param seeds the products of a local stack */
export function adminPages(fake, office, seeds) {
  const admin = fake.aUser({ id: "usr_admin", name: "Ada Admin", email: "admin@waybill.test", roles: ["ADMIN"] });
  const seller = fake.aUser({ id: "usr_seller", name: "Sam Seller", email: "seller@waybill.test", roles: ["SELLER"], seller_id: "sel_1" });

  function aShop() {
    const shop = new fake.FakeShop();
    shop.user = admin;
    for (const { sku, name, description, price, on_hand, status = "ACTIVE", owner } of seeds) {
      shop.products.push(fake.aProduct(sku, { name, description, price: fake.euro(price), status, seller_id: owner ? null : "sel_1", updated_at: new Date(Date.now() - price * 9e4).toISOString() }));
      shop.stock.set(sku, office.aStock(sku, on_hand, Math.floor(on_hand / 9)));
    }
    for (let n = 0; n < 44; n += 1) addOrder(shop, n);
    return shop;
  }

  function addOrder(shop, n) {
    const status = STATUSES[n % STATUSES.length];
    const product = shop.products[(n * 7) % shop.products.length];
    const quantity = 1 + (n % 3);
    const total = fake.euro(product.price.amount_minor * quantity);
    const item = { id: "itm_0", sku: product.sku, product_id: product.id, seller_id: null, name: product.name, quantity, unit_price: product.price, line_total: total };
    const payment_status = status === "CREATED" ? "NONE" : status === "PAYMENT_PENDING" ? "PENDING" : status === "CANCELLED" ? "VOIDED" : "PAID";
    const created_at = new Date(Date.now() - (44 - n) * (44 - n) * 0.08 * HOUR).toISOString();
    shop.orders.push(fake.anOrder({ id: `ord_${n}`, number: `W-7K3M9-Q${String(n).padStart(4, "0")}`, customer: { user_id: "usr_1", email: "buyer@waybill.test", name: n === 40 ? LONG : "Bo Buyer" }, status, payment_status, items: [item], total, totals: { ...fake.anOrder().totals, items: total }, created_at, allowed_actions: [] }));
  }

  /** An order with a story of its own. */
  function order(shop, more, facts, money = {}) {
    const lines = [["COF-SIDAMO-250", 2], ["BRW-DRIPPER-02", 1]].map(([sku, quantity], index) => {
      const product = shop.products.find((each) => each.sku === sku);
      return { id: `itm_${index}`, sku, product_id: product.id, seller_id: null, name: product.name, quantity, unit_price: product.price, line_total: fake.euro(product.price.amount_minor * quantity) };
    });
    const total = fake.euro(4980);
    const made = fake.anOrder({ id: "ord_own", items: lines, total, totals: { ...fake.anOrder().totals, items: total }, shipping_address: ADDRESS, ...more });
    shop.orders.push(made);
    shop.payments.push({ ...office.capturedPayment(fake.aPayment(made)), ...money });
    const begin = Date.parse(made.created_at);
    shop.timelines.set(made.id, facts.map(([name, service, after, detail = {}, actor]) => ({ ...fake.fact(name, service, detail), at: new Date(begin + after).toISOString(), ...(actor && { actor }) })));
    return "/orders/ord_own";
  }

  const total = fake.euro(4980);
  const buyer = { type: "USER", id: "usr_1" };
  const PAID = [["created", "order", 0, { total }, buyer], ["stock_reserved", "inventory", 84, { expires_at: "2026-11-21T10:51:00Z" }], ["payment_initiated", "payment", 130], ["payment_captured", "payment", 412, { captured: total }], ["stock_committed", "inventory", 497]];
  const refund = (status, amount, reason) => ({ id: `ref_${amount}`, payment_id: "pay_1", order_id: "ord_own", amount: fake.euro(amount), status, reason, failure_code: status === "FAILED" ? "charge_disputed" : null, created_at: "2026-11-21T11:10:00Z" });
  const broken = () => fake.refuse(503, "unavailable", "Service Unavailable");
  const failing = (shop, call) => { for (let n = 0; n < 9; n += 1) shop.once(call, broken); };
  const letters = () => [
    office.aDeadLetter("payment.events:0:4711", { created_at: new Date(Date.now() - 2 * HOUR).toISOString() }),
    office.aDeadLetter("payment.events:0:4712", { state: "WAITING", error: null, error_class: null, attempts: 0, event_type: "PAYMENT_REFUNDED" }),
    office.aDeadLetter("inventory.events:2:19", { key: "ord_0198c1a0f00d7000a000000000c0ffee", error_class: "UNDECODABLE", error: `failed to decode Protobuf message: ${"invalid tag value; ".repeat(12)}`, event_type: null, decoded: null, attempts: 1 }),
    office.aDeadLetter("catalog.events:1:7", { state: "DONE", event_type: "PRODUCT_CHANGED", replayed_at: "2026-11-21T12:00:00Z" }),
  ];
  const ledger = (shop, sku) => shop.office.movements.set(sku, [
    { id: "3", at: new Date(Date.now() - HOUR / 3).toISOString(), delta: -2, kind: "SALE", reason: "", actor: null, order_id: "ord_1", on_hand_after: 60 },
    { id: "2", at: new Date(Date.now() - 5 * HOUR).toISOString(), delta: -3, kind: "ADJUSTMENT", reason: "three bags were torn in the delivery of Tuesday", actor: "usr_admin", order_id: null, on_hand_after: 62 },
    { id: "1", at: new Date(Date.now() - 30 * HOUR).toISOString(), delta: 65, kind: "COUNT", reason: "first count", actor: "usr_other", order_id: null, on_hand_after: 65 },
  ]);

  const pages = {
    overview: () => "/",
    "overview-empty": (shop) => void Object.assign(shop, { orders: [], stock: new Map() }) || "/",
    "overview-error": (shop) => { failing(shop, "GET /orders"); shop.office.deadLetters.set("payment", letters()); return "/"; },
    orders: () => "/orders",
    "orders-none": () => "/orders?number=W-NONE",
    "orders-error": (shop) => { failing(shop, "GET /orders"); return "/orders"; },
    "order-paid": (shop) => order(shop, { status: "PAID", payment_status: "PAID", allowed_actions: ["ship", "refund", "cancel"] }, PAID),
    "order-refunded": (shop) =>
      order(shop, { status: "SHIPPED", fulfillment_status: "SHIPPED", payment_status: "PARTIALLY_REFUNDED", allowed_actions: ["deliver", "refund"], shipments: [{ id: "shp_1", carrier: "DHL", tracking_number: "00340434161094042557", items: [], shipped_at: "2026-11-21T11:00:00Z", delivered_at: null }] },
        [...PAID, ["shipped", "order", 1_500_000, { carrier: "DHL", tracking_number: "00340434161094042557" }, { type: "USER", id: "usr_admin" }], ["refunded", "payment", 2_040_000, { total: fake.euro(1290) }]],
        { status: "PARTIALLY_REFUNDED", refunded: fake.euro(1290), refunds: [refund("SUCCEEDED", 1290, "one bag was torn"), refund("FAILED", 500, "postage")] }),
    "order-declined": (shop) =>
      order(shop, { status: "CANCELLED", cancel_reason: "PAYMENT_FAILED", payment_status: "FAILED", allowed_actions: [] }, [...PAID.slice(0, 3), ["payment_unknown", "payment", 5_200], ["payment_failed", "payment", 31_000, { reason: "declined", decline_code: "insufficient_funds" }]],
        { status: "FAILED", captured: fake.euro(0), attempts: [1, 2, 3].map((number) => ({ id: `att_${number}`, number, payment_method: "pm_card_chargeDeclinedInsufficientFunds", status: "DECLINED", decline_code: "insufficient_funds", created_at: "2026-11-21T10:36:10Z" })) }),
    "order-unknown": () => "/orders/ord_none",
    products: () => "/products",
    "products-empty": (shop) => void (shop.products = []) || "/products",
    "products-seller": (shop) => void (shop.user = seller) || "/products",
    "product-new": () => "/products/new",
    product: () => "/products/prd_BRW-KETTLE-09",
    "product-long": (shop) => { Object.assign(shop.products[0], { name: LONG, description: "A word that does not end: ".concat("coffee".repeat(30)) }); return `/products/${shop.products[0].id}`; },
    inventory: () => "/inventory",
    sku: (shop) => void ledger(shop, "COF-SIDAMO-250") || "/inventory/COF-SIDAMO-250",
    "sku-new": () => "/inventory/MCH-LEVER-01",
    "dead-letters": (shop) => void shop.office.deadLetters.set("order", letters()) || "/dead-letters",
    "dead-letters-none": () => "/dead-letters?service=auth",
    forbidden: (shop) => void (shop.user = seller) || "/orders",
    "not-staff": (shop) => void (shop.user = fake.aUser()) || "/",
    "sign-in": (shop) => void (shop.user = null) || "/sign-in",
    "not-found": () => "/nowhere",
    states: () => "/__states",
  };
  return { aShop, pages: Object.fromEntries(Object.entries(pages).map(([name, visit]) => [`admin-${name}`, (shop, wanted) => `/admin${visit(shop, wanted)}`])) };
}
