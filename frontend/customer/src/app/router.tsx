import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, redirect, type RouterHistory } from "@tanstack/react-router";
import { safeNext } from "@waybill/shared/session/safe-next";
import type { AppContext } from "@waybill/shared/session/app-frame";
import { wantHeadingFocus } from "@waybill/shared/ui/page-heading";
import { ErrorState } from "@waybill/shared/ui/states";
import { ProductsPage } from "../features/products/products-page";
import { productById, productPages } from "../shop/products";
import { NotFound } from "./not-found";
import { Shell } from "./shell";

const root = createRootRouteWithContext<AppContext>()({ component: Shell });

const products = createRoute({
  getParentRoute: () => root,
  path: "/",
  // Not awaited: the page shows its skeleton while the list is on its way.
  loader: ({ context }) => void context.queries.prefetchInfiniteQuery(productPages(context.api)),
  component: ProductsPage,
});

const product = createRoute({
  getParentRoute: () => root,
  path: "/products/$id",
  // Asked for while the page's script is on its way.
  loader: ({ context, params }) => void context.queries.prefetchQuery(productById(context.api, params.id)),
  component: lazyRouteComponent(() => import("../features/products/product-page"), "ProductPage"),
});

const cart = createRoute({
  getParentRoute: () => root,
  path: "/cart",
  component: lazyRouteComponent(() => import("../features/cart/cart-page"), "CartPage"),
});

function nextOnly(search: Record<string, unknown>): { next?: string } {
  return typeof search["next"] === "string" ? { next: search["next"] } : {};
}

/** Pages for visitors: whoever is signed in goes on at once. */
const visitor = createRoute({
  getParentRoute: () => root,
  id: "visitor",
  validateSearch: nextOnly,
  beforeLoad: async ({ context, search }) => {
    const state = await context.session.settle();
    if (state.status === "signed-in") throw redirect({ href: safeNext(search.next, "/") });
  },
});

const signIn = createRoute({
  getParentRoute: () => visitor,
  path: "/sign-in",
  component: lazyRouteComponent(() => import("../features/account/sign-in-page"), "SignInPage"),
});

const register = createRoute({
  getParentRoute: () => visitor,
  path: "/register",
  component: lazyRouteComponent(() => import("../features/account/register-page"), "RegisterPage"),
});

/** Pages that need an account. Without one the way leads through signing in and back here. */
const customer = createRoute({
  getParentRoute: () => root,
  id: "customer",
  beforeLoad: async ({ context, location }) => {
    const state = await context.session.settle();
    if (state.status === "anonymous") throw redirect({ to: "/sign-in", search: { next: location.href } });
  },
  component: lazyRouteComponent(() => import("./signed-in"), "SignedIn"),
});

const checkout = createRoute({
  getParentRoute: () => customer,
  path: "/checkout",
  component: lazyRouteComponent(() => import("../features/checkout/checkout-page"), "CheckoutPage"),
});

const orders = createRoute({
  getParentRoute: () => customer,
  path: "/orders",
  component: lazyRouteComponent(() => import("../features/orders/orders-page"), "OrdersPage"),
});

const order = createRoute({
  getParentRoute: () => customer,
  path: "/orders/$id",
  component: lazyRouteComponent(() => import("../features/orders/order-page"), "OrderPage"),
});

const states = createRoute({
  getParentRoute: () => root,
  path: "/__states",
  component: lazyRouteComponent(() => import("../features/states/states-page"), "StatesPage"),
});

const tree = root.addChildren([
  products,
  product,
  cart,
  visitor.addChildren([signIn, register]),
  customer.addChildren([checkout, orders, order]),
  states,
]);

/** The pages of the shop; tests bring a history of their own. */
export function createAppRouter(context: AppContext, history?: RouterHistory) {
  const router = createRouter({
    routeTree: tree,
    context,
    history,
    defaultPreload: "intent",
    scrollRestoration: true,
    defaultErrorComponent: ({ error, reset }) => <ErrorState page error={error} onRetry={reset} />,
    defaultNotFoundComponent: NotFound,
  });
  router.subscribe("onBeforeNavigate", ({ fromLocation, pathChanged }) => {
    if (fromLocation && pathChanged) wantHeadingFocus();
  });
  return router;
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
