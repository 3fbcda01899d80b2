import Badge from "@mui/material/Badge";
import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import IconButton from "@mui/material/IconButton";
import Menu from "@mui/material/Menu";
import MenuItem from "@mui/material/MenuItem";
import { createLink, useNavigate } from "@tanstack/react-router";
import { useSession, useSessionState } from "@waybill/shared/session/context";
import { Icon } from "@waybill/shared/ui/icon";
import { useId, useState } from "react";
import { pieces, useCart } from "../shop/cart";
import { LinkButton } from "../shop/link-button";

const LinkIconButton = createLink(IconButton);

/** Signing in, or the menu of whoever is. */
export function AccountLinks() {
  const { status, user } = useSessionState();
  if (status === "unknown") return <Box sx={{ width: 44 }} />;
  if (user) return <AccountMenu name={user.name} email={user.email} />;
  return (
    <LinkButton to="/sign-in" color="inherit" startIcon={<Icon name="user" />} sx={{ px: { xs: 1, sm: 2 } }}>
      Sign in
    </LinkButton>
  );
}

function AccountMenu({ name, email }: { name: string; email: string }) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const session = useSession();
  const navigate = useNavigate();
  const id = useId();
  const close = () => setAnchor(null);
  const go = (to: "/orders") => {
    close();
    void navigate({ to });
  };
  const signOut = async () => {
    close();
    await navigate({ to: "/" });
    await session.signOut();
  };
  return (
    <>
      <Button
        color="inherit"
        startIcon={<Icon name="user" />}
        aria-label={`Account of ${name}`}
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        aria-controls={anchor ? id : undefined}
        onClick={(event) => setAnchor(event.currentTarget)}
        sx={{ maxWidth: { xs: 120, sm: 220 }, minWidth: 44, px: { xs: 1, sm: 2 } }}
      >
        <Box component="span" sx={{ overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" }}>
          {name}
        </Box>
      </Button>
      <Menu id={id} anchorEl={anchor} open={anchor !== null} onClose={close}>
        <Box component="li" role="presentation" sx={{ px: 2, py: 1, color: "text.secondary", typography: "body2", maxWidth: 280 }}>
          {email}
        </Box>
        <MenuItem onClick={() => go("/orders")}>Your orders</MenuItem>
        <MenuItem onClick={() => void signOut()}>Sign out</MenuItem>
      </Menu>
    </>
  );
}

/** The way to the cart with the number of pieces in it. */
export function CartLink() {
  const count = pieces(useCart());
  return (
    <LinkIconButton to="/cart" color="inherit" aria-label={count === 1 ? "Cart, 1 piece" : `Cart, ${count} pieces`}>
      <Badge badgeContent={count} color="primary" max={999}>
        <Icon name="cart" />
      </Badge>
    </LinkIconButton>
  );
}
