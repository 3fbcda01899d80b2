import Button from "@mui/material/Button";
import Link from "@mui/material/Link";
import { createLink } from "@tanstack/react-router";

/** A link that looks like a button. */
export const LinkButton = createLink(Button);

/** A link within text. */
export const TextLink = createLink(Link);
