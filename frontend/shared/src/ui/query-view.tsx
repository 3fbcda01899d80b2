import Box from "@mui/material/Box";
import type { UseQueryResult } from "@tanstack/react-query";
import { useDeferredValue, type ReactNode } from "react";
import { ErrorNotice, ErrorState, OfflineState } from "./states";

interface Props<T> {
  query: Pick<UseQueryResult<T>, "data" | "error" | "fetchStatus" | "refetch">;
  /** Has the layout of the content to come. */
  skeleton: ReactNode;
  /** Whether the query fills the page, so that an error's title is the page's heading. */
  page?: boolean;
  children: (data: T) => ReactNode;
}

/** What was read, or why it is not there: loading, no connection, an error; an old reading stays with a word on it. */
export function QueryView<T>({ query, skeleton, page, children }: Props<T>) {
  const again = () => void query.refetch();
  // The content comes up bit by bit behind the skeleton, so that a slow device can still be used meanwhile.
  const shown = useDeferredValue(query.data !== undefined);
  if (query.data !== undefined && shown) {
    return (
      <>
        {query.error && (
          <Box sx={{ mb: 2 }}>
            <ErrorNotice error={query.error} onRetry={again} />
          </Box>
        )}
        {children(query.data)}
      </>
    );
  }
  if (query.data === undefined && query.error && query.fetchStatus !== "fetching") return <ErrorState error={query.error} onRetry={again} page={page} />;
  if (query.data === undefined && query.fetchStatus === "paused") return <OfflineState page={page} />;
  return (
    <Box aria-busy="true">
      <Box role="status" sx={{ position: "absolute", width: "1px", height: "1px", overflow: "hidden", clipPath: "inset(50%)" }}>
        Loading
      </Box>
      {skeleton}
    </Box>
  );
}
