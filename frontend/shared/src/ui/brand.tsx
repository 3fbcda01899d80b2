import Box from "@mui/material/Box";

/** The mark: a label with a folded corner and the bars of its code. */
export function Brand({ note }: { note?: string }) {
  return (
    <Box component="span" sx={{ display: "inline-flex", alignItems: "center", gap: 1.25, typography: "h3", fontSize: "1.375rem", fontWeight: 750 }}>
      <svg width="30" height="30" viewBox="0 0 30 30" aria-hidden="true">
        <path d="M3 4.5A1.5 1.5 0 0 1 4.5 3H20l7 7v15.5a1.5 1.5 0 0 1-1.5 1.5h-21A1.5 1.5 0 0 1 3 25.5Z" fill="currentColor" />
        <path d="M20 3v5.5A1.5 1.5 0 0 0 21.5 10H27Z" fill="#FF8A4C" />
        <path d="M8 14v8m3.2-8v8m2.2-8v8m4-8v8m2.2-8v8m2.6-8v8" stroke="var(--mui-palette-background-default)" strokeWidth="1.5" />
      </svg>
      <span>
        Waybill
        {note && (
          <Box component="span" sx={{ ml: 1, fontWeight: 450, color: "text.secondary" }}>
            {note}
          </Box>
        )}
      </span>
    </Box>
  );
}
