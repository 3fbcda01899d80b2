import Box from "@mui/material/Box";

/** How many are held, with a bar for how much of the shelf that is. */
export function Reserved({ reserved, onHand }: { reserved: number; onHand: number }) {
  const share = onHand > 0 ? Math.min(1, reserved / onHand) : 0;
  return (
    <Box component="span" sx={{ display: "inline-flex", alignItems: "center", gap: 1, justifyContent: "flex-end" }}>
      {reserved > 0 && (
        <Box component="svg" aria-hidden viewBox="0 0 40 6" sx={{ width: 40, height: 6, borderRadius: "3px" }}>
          <Box component="rect" width={40} height={6} sx={{ fill: "var(--mui-palette-divider)" }} />
          <Box component="rect" width={40 * share} height={6} sx={{ fill: "var(--mui-palette-primary-main)" }} />
        </Box>
      )}
      {reserved}
    </Box>
  );
}
