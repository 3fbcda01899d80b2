import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider, createMemoryHistory } from "@tanstack/react-router";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createApi } from "@waybill/shared/api/client";
import { createQueryClient } from "@waybill/shared/api/queries";
import { ConnectionProvider } from "@waybill/shared/session/context";
import { Session } from "@waybill/shared/session/session";
import { aUser, type FakeShop } from "@waybill/shared/testing/fake-shop";
import { AppTheme } from "@waybill/shared/theme/app-theme";
import { NotifyProvider } from "@waybill/shared/ui/notify";
import { createAppRouter } from "../app/router";

/** Opens a page of the admin as a browser does that comes to it anew; `path` is below `/admin`. */
export function openAdmin(path: string) {
  const session = new Session();
  const api = createApi(session, location.origin);
  const queries = createQueryClient();
  queries.setDefaultOptions({ queries: { retry: false } });
  const router = createAppRouter({ session, api, queries }, createMemoryHistory({ initialEntries: [`/admin${path}`] }));
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

/** An administrator is signed in by the cookie. */
export function signInAdmin(shop: FakeShop): void {
  shop.user = aUser({ id: "usr_admin", name: "Ada Admin", email: "admin@waybill.test", roles: ["ADMIN"] });
  localStorage.setItem("waybill.session.known", "1");
}

/** A seller is signed in by the cookie. */
export function signInSeller(shop: FakeShop): void {
  shop.user = aUser({ id: "usr_seller", name: "Sam Seller", email: "seller@waybill.test", roles: ["SELLER"], seller_id: "sel_1" });
  localStorage.setItem("waybill.session.known", "1");
}

export function heading(name: string | RegExp) {
  return screen.findByRole("heading", { level: 1, name });
}
