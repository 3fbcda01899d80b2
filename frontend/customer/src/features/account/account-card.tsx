import Box from "@mui/material/Box";
import Container from "@mui/material/Container";
import { PageHeading } from "@waybill/shared/ui/page-heading";
import type { ReactNode } from "react";

/** The sheet on which somebody signs in or registers. */
export function AccountCard({ title, children, below }: { title: string; children: ReactNode; below: ReactNode }) {
  return (
    <Container maxWidth="xs" sx={{ py: { xs: 4, md: 8 } }}>
      <PageHeading sx={{ mb: 3 }}>{title}</PageHeading>
      {children}
      <Box sx={{ mt: 4, pt: 3, borderTop: "1.5px dashed", borderColor: "divider" }}>{below}</Box>
    </Container>
  );
}
