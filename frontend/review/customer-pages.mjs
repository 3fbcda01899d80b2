// The shop's pages that are taken pictures of: each makes its shop and says where to go.

/** @param fake the invented shop's module @param seeds the products of a local stack */
export function customerPages(fake, seeds) {
  function aShop() {
    const shop = new fake.FakeShop();
    for (const { sku, name, description, price, on_hand, status } of seeds) {
      if (status) continue;
      shop.products.push(fake.aProduct(sku, { name, description, price: fake.euro(price) }));
      const availability = on_hand === 0 ? "OUT_OF_STOCK" : on_hand <= 5 ? "LOW_STOCK" : "IN_STOCK";
      shop.stock.set(sku, { sku, availability, ...(availability === "LOW_STOCK" && { left: on_hand }) });
    }
    return shop;
  }

  const cartOf = (shop, skus) => ({
    id: "cart-1",
    lines: skus.map((sku, index) => {
      const { id, name, price, image_url } = shop.products.find((each) => each.sku === sku);
      return { productId: id, sku, name, price, imageUrl: image_url, quantity: index + 1 };
    }),
  });
  const CART = ["COF-SIDAMO-250", "BRW-DRIPPER-02", "CUP-ESP-2"];
  const ADDRESS = { name: "Bo Buyer", line1: "Kaffeegasse 12", postal_code: "20457", city: "Hamburg", country: "DE" };
  const signIn = (shop) => void (shop.user = fake.aUser());
  const order = (shop, more, facts, payment) => {
    signIn(shop);
    const items = [["COF-SIDAMO-250", 2], ["BRW-DRIPPER-02", 1]].map(([sku, quantity]) => ({ sku, quantity }));
    shop.answer("POST", "/orders", new URLSearchParams(), { items, shipping_address: ADDRESS });
    const [placed] = shop.orders;
    Object.assign(placed, more);
    shop.timelines.set(placed.id, facts.map(([name, detail]) => fake.fact(name, "order", detail)));
    Object.assign(shop.payments[0], payment);
    return `/orders/${placed.id}`;
  };
  const total = fake.euro(4980);
  const soon = () => new Date(Date.now() + 42_000).toISOString();
  const never = () => new Promise(() => undefined);
  const broken = () => fake.refuse(503, "unavailable", "Service Unavailable");

  const PAGES = {
    list: () => "/",
    "list-empty": (shop) => void (shop.products = []) || "/",
    "list-error": (shop) => { for (let n = 0; n < 9; n += 1) shop.once("GET /products", broken); return "/"; },
    "list-loading": (shop) => void shop.once("GET /products", never) || "/",
    product: () => "/products/prd_BRW-KETTLE-09",
    "product-few": () => "/products/prd_BRW-SCALE-01",
    "product-sold-out": () => "/products/prd_CUP-TRAVEL-350",
    "product-gone": () => "/products/prd_none",
    "product-long": (shop) => {
      Object.assign(shop.products[0], { name: "Extraordinarily long-named Donaudampfschifffahrtsgesellschaftskapitänsespresso in the large family bag, 1 kg", description: "A word that does not end: ".concat("coffee".repeat(30)) });
      return `/products/${shop.products[0].id}`;
    },
    "cart-empty": () => "/cart",
    cart: (shop, page) => { page.cart = cartOf(shop, CART); return "/cart"; },
    "cart-trouble": (shop, page) => {
      page.cart = cartOf(shop, ["COF-SIDAMO-250", "CUP-TRAVEL-350", "MCH-LEVER-01", "BRW-SCALE-01"]);
      page.cart.lines[2].quantity = 9;
      page.cart.lines[0].price = fake.euro(1190);
      shop.products = shop.products.filter(({ sku }) => sku !== "BRW-SCALE-01");
      return "/cart";
    },
    "sign-in": () => "/sign-in",
    register: () => "/register",
    checkout: (shop, page) => { signIn(shop); page.cart = cartOf(shop, CART); return "/checkout"; },
    "checkout-staff": (shop, page) => { shop.user = fake.aUser({ roles: ["ADMIN"] }); page.cart = cartOf(shop, CART); return "/checkout"; },
    orders: (shop) => {
      order(shop, { status: "PAID" }, []);
      for (const status of ["CREATED", "PAYMENT_PENDING", "SHIPPED", "DELIVERED", "CANCELLED"]) shop.orders.push({ ...shop.orders[0], id: `ord_${status}`, number: `W-7K3M9-${status.slice(0, 5)}`, status });
      return "/orders";
    },
    "orders-empty": (shop) => void signIn(shop) || "/orders",
    "order-paid": (shop) => order(shop, { status: "PAID", payment_status: "PAID", allowed_actions: ["cancel"], cancellable_until: soon() }, [["created"], ["stock_reserved"], ["payment_captured", { captured: total }]], { status: "SUCCEEDED" }),
    "order-declined": (shop) =>
      order(shop, { status: "PAYMENT_PENDING", payment_status: "PENDING", allowed_actions: ["pay", "cancel"] }, [["created"], ["stock_reserved", { payment_deadline: soon() }]], {
        attempts_left: 2, attempts: [{ id: "att_1", number: 1, payment_method: "pm", status: "DECLINED", decline_code: "insufficient_funds", created_at: "2026-11-21T10:36:00Z" }],
      }),
    "order-checking": (shop) => order(shop, { status: "PAYMENT_PENDING", payment_status: "PROCESSING", allowed_actions: [] }, [["created"], ["stock_reserved"], ["payment_unknown"]], { status: "PROCESSING" }),
    "order-shipped": (shop) => order(shop, { status: "SHIPPED", payment_status: "PAID", allowed_actions: [] }, [["created"], ["stock_reserved"], ["payment_captured", { captured: total }], ["shipped", { carrier: "DHL", tracking_number: "00340434161094042557" }]], { status: "SUCCEEDED" }),
    "order-sold-out": (shop) => order(shop, { status: "CANCELLED", cancel_reason: "OUT_OF_STOCK", payment_status: "NONE", allowed_actions: [] }, [["created"], ["stock_rejected", { short_lines: [{ sku: "BRW-DRIPPER-02", requested: 1, available: 0 }] }]]),
    "order-refunded": (shop) => order(shop, { status: "CANCELLED", cancel_reason: "BUYER", payment_status: "REFUNDED", allowed_actions: [] }, [["created"], ["stock_reserved"], ["payment_captured", { captured: total }], ["cancel_requested", { by: "buyer", note: "Two were one too many." }], ["refunded", { total }]]),
    "order-unknown": (shop) => void signIn(shop) || "/orders/ord_none",
    "not-found": () => "/nowhere",
    states: () => "/__states",
  };

  return { aShop, pages: PAGES };
}
