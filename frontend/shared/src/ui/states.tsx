import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";
import { explain } from "../api/explain";
import { CopyButton } from "./copy-button";
import { Icon, type IconName } from "./icon";
import { Notice } from "./notice";
import { PageHeading } from "./page-heading";
import { MONO } from "../theme/theme";

interface PlaceProps {
  icon: IconName;
  title: string;
  children: ReactNode;
  action?: ReactNode;
  /** Whether this is the whole page, so that its title is the page's heading. */
  page?: boolean;
}

/** What stands where content would stand. */
function Place({ icon, title, children, action, page }: PlaceProps) {
  return (
    <Box sx={{ py: { xs: 5, sm: 8 }, px: 2, maxWidth: 520, mx: "auto", textAlign: "center" }}>
      <Box sx={{ display: "inline-grid", placeItems: "center", width: 64, height: 64, border: "1.5px dashed", borderColor: "text.disabled", borderRadius: "50%", mb: 2, color: "text.secondary" }}>
        <Icon name={icon} sx={{ fontSize: 28 }} />
      </Box>
      {page ? (
        <PageHeading variant="h2">{title}</PageHeading>
      ) : (
        <Typography variant="h3" component="p">
          {title}
        </Typography>
      )}
      <Typography component="div" color="textSecondary" sx={{ mt: 1 }}>
        {children}
      </Typography>
      {action && <Box sx={{ mt: 3, display: "flex", gap: 1.5, justifyContent: "center", flexWrap: "wrap" }}>{action}</Box>}
    </Box>
  );
}

/** Nothing is there yet, or nothing matches. */
export function EmptyState(props: PlaceProps) {
  return <Place {...props} />;
}

/** The trace id of a failed request, to read out or to copy. */
export function Reference({ value }: { value: string }) {
  return (
    <Box sx={{ mt: 2, display: "flex", flexWrap: "wrap", alignItems: "center", justifyContent: "center", gap: 1 }}>
      <Typography component="span" variant="body2" sx={{ fontFamily: MONO, fontSize: "0.8125rem" }}>
        Reference {value}
      </Typography>
      <CopyButton text={value} what="reference" />
    </Box>
  );
}

interface ErrorProps {
  error: unknown;
  onRetry?: () => void;
  page?: boolean;
  action?: ReactNode;
}

/** A place that could not be filled: what happened, what to do, and a reference for whoever helps. */
export function ErrorState({ error, onRetry, page, action }: ErrorProps) {
  const { title, advice, reference, retry } = explain(error);
  const again = onRetry && retry && (
    <Button variant="contained" onClick={onRetry} startIcon={<Icon name="refresh" />}>
      Try again
    </Button>
  );
  return (
    <div role="alert">
      <Place icon={retry ? "refresh" : "alert"} title={title} page={page} action={again || action ? <>{again}{action}</> : undefined}>
        {advice}
        {reference && <Reference value={reference} />}
      </Place>
    </div>
  );
}

/** There is no connection, and nothing was read before it went. */
export function OfflineState({ page }: { page?: boolean }) {
  return (
    <Place icon="offline" title="You are offline" page={page}>
      This page comes up by itself as soon as the connection is back.
    </Place>
  );
}

/** An error within a form or above content that stays. */
export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, advice, reference, retry } = explain(error);
  return (
    <Notice
      role="alert"
      tone="bad"
      icon="alert"
      title={title}
      action={
        (reference || (retry && onRetry)) && (
          <>
            {retry && onRetry && (
              <Button size="small" variant="outlined" onClick={onRetry}>
                Try again
              </Button>
            )}
            {reference && <CopyButton text={reference} what="reference" />}
          </>
        )
      }
    >
      {advice}
    </Notice>
  );
}
