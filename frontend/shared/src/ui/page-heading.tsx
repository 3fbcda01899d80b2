import Typography, { type TypographyProps } from "@mui/material/Typography";
import { useEffect, useRef } from "react";

/** Set by a change of page and taken by the next heading, so that the first page leaves the focus where it is. */
let wanted = false;

/** To be called when another page is about to show. */
export function wantHeadingFocus(): void {
  wanted = true;
}

interface Props extends TypographyProps<"h1"> {
  /** The title of the tab, where it differs from the heading. */
  tab?: string;
  children: string;
}

/** The heading of a page: it names the tab and takes the focus after a change of page. */
export function PageHeading({ tab, children, ...rest }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const title = tab ?? children;
  useEffect(() => {
    document.title = `${title} · Waybill`;
  }, [title]);
  useEffect(() => {
    if (!wanted) return;
    wanted = false;
    heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <Typography variant="h1" component="h1" ref={heading} tabIndex={-1} {...rest}>
      {children}
    </Typography>
  );
}
