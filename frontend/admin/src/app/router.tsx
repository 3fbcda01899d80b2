import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import type { Api } from "@waybill/shared/api/client";
import type { Session } from "@waybill/shared/session/session";
import { wantHeadingFocus } from "@waybill/shared/ui/page-heading";
import { EmptyState, ErrorState } from "@waybill/shared/ui/states";
import { Shell } from "./shell";

export interface AppContext {
  session: Session;
  api: Api;
  queries: QueryClient;
}

const root = createRootRouteWithContext<AppContext>()();

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    typeof search["next"] === "string" ? { next: search["next"] } : {},
  component: lazyRouteComponent(() => import("../features/sign-in/sign-in-page"), "SignInPage"),
});

/** Everything below needs somebody with a role for it. */
const staff = createRoute({
  getParentRoute: () => root,
  id: "staff",
  beforeLoad: async ({ context, location }) => {
    const state = await context.session.settle();
    if (state.status === "anonymous") throw redirect({ to: "/sign-in", search: { next: location.href } });
  },
  component: Shell,
});

const products = createRoute({
  getParentRoute: () => staff,
  path: "/",
  component: lazyRouteComponent(() => import("../features/products/products-page"), "ProductsPage"),
});

export function createAppRouter(context: AppContext) {
  const router = createRouter({
    routeTree: root.addChildren([signIn, staff.addChildren([products])]),
    context,
    basepath: "/admin",
    defaultPreload: "intent",
    scrollRestoration: true,
    defaultErrorComponent: ({ error, reset }) => <ErrorState page error={error} onRetry={reset} />,
    defaultNotFoundComponent: () => (
      <EmptyState page icon="search" title="There is no such page">
        The address may have a mistake in it.
      </EmptyState>
    ),
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
