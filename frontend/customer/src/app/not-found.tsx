import { EmptyState } from "@waybill/shared/ui/states";
import { LinkButton } from "../shop/link-button";

export function NotFound() {
  return (
    <EmptyState page icon="search" title="There is no such page" action={<LinkButton to="/" variant="contained">To the shop</LinkButton>}>
      The address may have a mistake in it, or the page is gone.
    </EmptyState>
  );
}
