import Box from "@mui/material/Box";
import type { ReactNode } from "react";

/** The bite of the perforation, in pixels. */
const BITE = 7;

/** A slip of paper, torn off at its lower edge. */
export function Ticket({ children, label }: { children: ReactNode; label?: string }) {
  return (
    <Box component={label ? "section" : "div"} aria-label={label} sx={{ filter: (theme) => `drop-shadow(0 0 0.75px ${theme.vars!.palette.text.disabled}) drop-shadow(0 6px 14px rgb(10 14 30 / 0.07))` }}>
      <Box
        sx={{
          bgcolor: "background.paper",
          borderRadius: "10px 10px 0 0",
          p: { xs: 2.5, sm: 3 },
          pb: { xs: 4, sm: 4.5 },
          mask: `radial-gradient(circle at ${BITE + 3}px calc(100% + 1px), transparent ${BITE}px, #000 ${BITE + 0.5}px) 0 0 / ${2 * (BITE + 3)}px 100% repeat-x`,
        }}
      >
        {children}
      </Box>
    </Box>
  );
}

/** The line along which a slip can be torn apart. */
export function TearLine() {
  return <Box role="presentation" sx={{ my: 2.5, borderTop: "1.5px dashed", borderColor: "text.disabled" }} />;
}
