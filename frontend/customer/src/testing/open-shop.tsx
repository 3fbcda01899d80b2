import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider, createMemoryHistory } from "@tanstack/react-router";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createApi } from "@waybill/shared/api/client";
import { createQueryClient } from "@waybill/shared/api/queries";
import { ConnectionProvider } from "@waybill/shared/session/context";
import { Session } from "@waybill/shared/session/session";
import { aProduct, aUser, type FakeShop } from "@waybill/shared/testing/fake-shop";
import { AppTheme } from "@waybill/shared/theme/app-theme";
import { NotifyProvider } from "@waybill/shared/ui/notify";
import { OPEN_READS } from "../app/open-reads";
import { createAppRouter } from "../app/router";
import { addToCart, forgetCopy } from "../shop/cart";

/** Opens a page of the shop as a browser does that comes to it anew. */
export function openShop(path: string) {
  forgetCopy();
  const session = new Session();
  const api = createApi(session, location.origin, { unsigned: OPEN_READS });
  const queries = createQueryClient();
  queries.setDefaultOptions({ queries: { retry: false } });
  const router = createAppRouter({ session, api, queries }, createMemoryHistory({ initialEntries: [path] }));
  const { unmount } = render(
    <AppTheme>
      <QueryClientProvider client={queries}>
        <ConnectionProvider api={api} session={session}>
          <NotifyProvider>
            <RouterProvider router={router} />
          </NotifyProvider>
        </ConnectionProvider>
      </QueryClientProvider>
    </AppTheme>,
  );
  return { router, session, user: userEvent.setup({ delay: null }), close: unmount };
}

/** Somebody is signed in by the cookie. */
export function signIn(shop: FakeShop): void {
  shop.user = aUser();
  localStorage.setItem("waybill.session.known", "1");
}

/** Products on the shelf, of which there are plenty. */
export function stockUp(shop: FakeShop, ...skus: string[]): void {
  for (const sku of skus) {
    shop.products.push(aProduct(sku, { name: `Product ${sku}` }));
    shop.stock.set(sku, { sku, availability: "IN_STOCK" });
  }
}

export function fillCart(shop: FakeShop): void {
  stockUp(shop, "MUG");
  addToCart(shop.products[0]!, 2);
}

export function heading(name: string | RegExp) {
  return screen.findByRole("heading", { level: 1, name });
}
