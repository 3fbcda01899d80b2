import Box from "@mui/material/Box";
import { EmptyState } from "@waybill/shared/ui/states";
import { LinkButton } from "../panel/links";

/** Stands in no frame, since no route leads to it. */
export function NotFound() {
  return (
    <Box component="main">
      <EmptyState page icon="search" title="There is no such page" action={<LinkButton to="/" variant="contained">To the start</LinkButton>}>
        The address may have a mistake in it, or the page is gone.
      </EmptyState>
    </Box>
  );
}
