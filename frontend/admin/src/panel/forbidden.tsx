import { EmptyState } from "@waybill/shared/ui/states";
import { LinkButton } from "./links";

interface Props {
  /** False where it stands among other things. */
  page?: boolean;
  children?: string;
}

/** The page is there, and not for this account. */
export function Forbidden({ page = true, children = "Your account does not have the rights for it. Somebody with the role of an administrator does." }: Props) {
  return (
    <EmptyState page={page} icon="lock" title="This is not yours to open" action={<LinkButton to="/products" variant="contained">Your products</LinkButton>}>
      {children}
    </EmptyState>
  );
}
