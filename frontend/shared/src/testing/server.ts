import { http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { FakeShop } from "./fake-shop";

/** Puts an invented shop behind the API for all tests of a file; each test finds a new one. */
export function withFakeShop(): { shop: FakeShop } {
  const held = { shop: new FakeShop() };
  const server = setupServer(http.all("*/api/v1/*", ({ request }) => held.shop.handle(request)));
  beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
  beforeEach(() => {
    held.shop = new FakeShop();
  });
  afterEach(() => server.resetHandlers());
  afterAll(() => server.close());
  return held;
}
