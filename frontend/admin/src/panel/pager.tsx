import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import { Icon } from "@waybill/shared/ui/icon";
import { useRef } from "react";

interface Props {
  cursor: string | undefined;
  page: { has_more: boolean; next_cursor?: string | null };
  onGo: (cursor: string | undefined) => void;
}

/** Ways through a list whose pages know the next one only; it remembers which page led to which. */
export function Pager({ cursor, page, onGo }: Props) {
  const before = useRef(new Map<string, string | undefined>());
  const next = page.has_more ? (page.next_cursor ?? undefined) : undefined;
  if (cursor === undefined && next === undefined) return null;
  const goNext = () => {
    if (next === undefined) return;
    before.current.set(next, cursor);
    onGo(next);
  };
  return (
    <Box component="nav" aria-label="Pages" sx={{ mt: 2, display: "flex", flexWrap: "wrap", gap: 1, justifyContent: "flex-end" }}>
      {cursor !== undefined && !before.current.has(cursor) && (
        <Button size="small" color="inherit" onClick={() => onGo(undefined)}>
          First page
        </Button>
      )}
      <Button size="small" color="inherit" startIcon={<Icon name="back" />} disabled={cursor === undefined || !before.current.has(cursor)} onClick={() => cursor !== undefined && onGo(before.current.get(cursor))}>
        Previous
      </Button>
      <Button size="small" color="inherit" endIcon={<Icon name="next" />} disabled={next === undefined} onClick={goNext}>
        Next
      </Button>
    </Box>
  );
}
