import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { Icon } from "@waybill/shared/ui/icon";
import { useRef } from "react";

/** Which page led to which, for the way back; a cursor names the page after it alone. */
export type Trail = Map<string, string | undefined>;

/** Belongs to the page of the app, since the pager itself goes while the next page is on its way. */
export function useTrail(): Trail {
  return useRef<Trail>(new Map()).current;
}

interface Props {
  trail: Trail;
  cursor: string | undefined;
  page: { has_more: boolean; next_cursor?: string | null };
  onGo: (cursor: string | undefined) => void;
}

/** Ways through a list whose pages know the next one only. */
export function Pager({ trail, cursor, page, onGo }: Props) {
  const next = page.has_more ? (page.next_cursor ?? undefined) : undefined;
  if (cursor === undefined && next === undefined) return null;
  const goNext = () => {
    if (next === undefined) return;
    trail.set(next, cursor);
    onGo(next);
  };
  return (
    <Box component="nav" aria-label="Pages" sx={{ mt: 2, display: "flex", flexWrap: "wrap", gap: 1, justifyContent: "flex-end" }}>
      {cursor !== undefined && !trail.has(cursor) && (
        <Button size="small" color="inherit" onClick={() => onGo(undefined)}>
          First page
        </Button>
      )}
      <Button size="small" color="inherit" startIcon={<Icon name="back" />} disabled={cursor === undefined || !trail.has(cursor)} onClick={() => cursor !== undefined && onGo(trail.get(cursor))}>
        Previous
      </Button>
      <Button size="small" color="inherit" endIcon={<Icon name="next" />} disabled={next === undefined} onClick={goNext}>
        Next
      </Button>
    </Box>
  );
}
