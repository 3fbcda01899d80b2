import Box from "@mui/material/Box";
import Skeleton from "@mui/material/Skeleton";
import Typography from "@mui/material/Typography";
import type { ReactNode } from "react";

/** A few things, one in a line, with a word at the end of each. */
export function ShortList({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Box component="ul" aria-label={label} sx={{ listStyle: "none", p: 0, m: 0, "& li": { display: "flex", flexWrap: "wrap", gap: 1, justifyContent: "space-between", alignItems: "center", py: 1, borderTop: 1, borderColor: "divider" } }}>
      {children}
    </Box>
  );
}

export function Nothing({ children }: { children: string }) {
  return <Typography color="textSecondary">{children}</Typography>;
}

export function ShortListSkeleton() {
  return Array.from({ length: 4 }, (_, index) => <Skeleton key={index} height={40} />);
}
