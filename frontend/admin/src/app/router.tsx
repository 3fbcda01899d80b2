import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, redirect, type RouterHistory } from "@tanstack/react-router";
import type { AppContext } from "@waybill/shared/session/app-frame";
import { wantHeadingFocus } from "@waybill/shared/ui/page-heading";
import { ErrorState } from "@waybill/shared/ui/states";
import { deadLetterSearch, inventorySearch, orderSearch, productSearch } from "../panel/addresses";
import { textOf } from "../panel/searches";
import { NotFound } from "./not-found";
import { AdminOnly } from "./role-gate";
import { Shell } from "./shell";

const root = createRootRouteWithContext<AppContext>()();

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string } => ({ next: textOf(search, "next") }),
  component: lazyRouteComponent(() => import("../features/sign-in/sign-in-page"), "SignInPage"),
});

/** Everything below needs somebody with a role for it. */
const staff = createRoute({
  getParentRoute: () => root,
  id: "staff",
  beforeLoad: async ({ context, location }) => {
    const state = await context.session.settle();
    if (state.status === "anonymous") throw redirect({ to: "/sign-in", search: { next: location.publicHref } });
  },
  component: Shell,
});

const admin = createRoute({ getParentRoute: () => staff, id: "admin", component: AdminOnly });

const overview = createRoute({
  getParentRoute: () => admin,
  path: "/",
  beforeLoad: ({ context }) => {
    // The overview is an administrator's; sellers begin with what they sell.
    const { user } = context.session.getState();
    if (user?.roles.includes("SELLER") && !user.roles.includes("ADMIN")) throw redirect({ to: "/products", replace: true });
  },
  component: lazyRouteComponent(() => import("../features/overview/overview-page"), "OverviewPage"),
});

const orders = createRoute({
  getParentRoute: () => admin,
  path: "/orders",
  validateSearch: orderSearch,
  component: lazyRouteComponent(() => import("../features/orders/orders-page"), "OrdersPage"),
});

const order = createRoute({
  getParentRoute: () => admin,
  path: "/orders/$id",
  component: lazyRouteComponent(() => import("../features/order/order-page"), "OrderPage"),
});

const deadLetters = createRoute({
  getParentRoute: () => admin,
  path: "/dead-letters",
  validateSearch: deadLetterSearch,
  component: lazyRouteComponent(() => import("../features/dead-letters/dead-letters-page"), "DeadLettersPage"),
});

const products = createRoute({
  getParentRoute: () => staff,
  path: "/products",
  validateSearch: productSearch,
  component: lazyRouteComponent(() => import("../features/products/products-page"), "ProductsPage"),
});

const newProduct = createRoute({
  getParentRoute: () => staff,
  path: "/products/new",
  component: lazyRouteComponent(() => import("../features/products/new-product-page"), "NewProductPage"),
});

const product = createRoute({
  getParentRoute: () => staff,
  path: "/products/$id",
  component: lazyRouteComponent(() => import("../features/products/product-page"), "ProductPage"),
});

const inventory = createRoute({
  getParentRoute: () => staff,
  path: "/inventory",
  validateSearch: inventorySearch,
  component: lazyRouteComponent(() => import("../features/inventory/inventory-page"), "InventoryPage"),
});

const sku = createRoute({
  getParentRoute: () => staff,
  path: "/inventory/$sku",
  component: lazyRouteComponent(() => import("../features/inventory/sku-page"), "SkuPage"),
});

const states = createRoute({
  getParentRoute: () => root,
  path: "/__states",
  component: lazyRouteComponent(() => import("../features/states/states-page"), "StatesPage"),
});

const tree = root.addChildren([
  signIn,
  staff.addChildren([admin.addChildren([overview, orders, order, deadLetters]), products, newProduct, product, inventory, sku]),
  states,
]);

/** The pages of the admin; tests bring a history of their own. */
export function createAppRouter(context: AppContext, history?: RouterHistory) {
  const router = createRouter({
    routeTree: tree,
    context,
    history,
    basepath: "/admin",
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
