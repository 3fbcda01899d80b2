import Box from "@mui/material/Box";
import { PageHeading } from "@waybill/shared/ui/page-heading";
import type { ReactNode } from "react";

interface Props {
  title: string;
  tab?: string;
  /** Beside the title: states, how current it is. */
  mark?: ReactNode;
  /** At the end: what can be done. */
  actions?: ReactNode;
  children?: ReactNode;
}

/** The head of a page: what it is about, how it stands, what can be done. */
export function PageTop({ title, tab, mark, actions, children }: Props) {
  return (
    <Box sx={{ mb: 3 }}>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1.5, alignItems: "center" }}>
        <PageHeading tab={tab} sx={{ fontSize: "clamp(1.5rem, 1.2rem + 1.2vw, 2rem)", mr: 1, minWidth: 0 }}>
          {title}
        </PageHeading>
        {mark}
        {actions && <Box sx={{ ml: { sm: "auto" }, display: "flex", flexWrap: "wrap", gap: 1 }}>{actions}</Box>}
      </Box>
      {children}
    </Box>
  );
}
