import { RouterProvider, createMemoryHistory, type AnyRouter, type RouterHistory } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createApi } from "../api/client";
import { createQueryClient } from "../api/queries";
import { AppFrame, type AppContext } from "../session/app-frame";
import { Session } from "../session/session";
import { AppTheme } from "../theme/app-theme";

type CreateRouter<R> = (context: AppContext, history: RouterHistory) => R;

/** Opens a page of an app as a browser does that comes to it anew. Nothing is tried again by itself. */
export function openApp<R extends AnyRouter>(path: string, createRouter: CreateRouter<R>, options?: Parameters<typeof createApi>[2]) {
  const session = new Session();
  const api = createApi(session, location.origin, options);
  const queries = createQueryClient();
  queries.setDefaultOptions({ queries: { retry: false } });
  const context = { session, api, queries };
  const router = createRouter(context, createMemoryHistory({ initialEntries: [path] }));
  const { unmount } = render(
    <AppTheme>
      <AppFrame context={context}>
        <RouterProvider router={router} />
      </AppFrame>
    </AppTheme>,
  );
  return { router, session, user: userEvent.setup({ delay: null }), close: unmount };
}
