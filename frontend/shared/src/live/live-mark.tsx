import Box from "@mui/material/Box";
import { keyframes } from "@mui/material/styles";
import type { Liveness } from "./event-stream";

const WORDS: Record<Liveness, [label: string, colour: string]> = {
  live: ["Live", "success.main"],
  polling: ["Updates by itself", "success.main"],
  reconnecting: ["Reconnecting", "warning.main"],
};

const beat = keyframes`50% { opacity: 0.35 }`;

/** Says how current a page is. */
export function LiveMark({ liveness }: { liveness: Liveness }) {
  const [label, colour] = WORDS[liveness];
  return (
    <Box role="status" sx={{ display: "inline-flex", alignItems: "center", gap: 1, color: "text.secondary", fontSize: "0.875rem" }}>
      <Box aria-hidden sx={{ width: 9, height: 9, borderRadius: "50%", bgcolor: colour, animation: `${beat} 2s infinite` }} />
      {label}
    </Box>
  );
}
