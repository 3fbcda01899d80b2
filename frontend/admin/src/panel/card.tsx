import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { useId, type ReactNode } from "react";

interface Props {
  title: string;
  /** At the end of the title's line. */
  end?: ReactNode;
  children: ReactNode;
}

/** A part of a page on paper of its own. */
export function Card({ title, end, children }: Props) {
  const id = useId();
  return (
    <Box component="section" aria-labelledby={id} sx={{ bgcolor: "background.paper", border: 1, borderColor: "divider", borderRadius: 1, p: { xs: 2, sm: 2.5 }, minWidth: 0 }}>
      <Box sx={{ display: "flex", flexWrap: "wrap", gap: 1, justifyContent: "space-between", alignItems: "center", mb: 1.5 }}>
        <Typography id={id} variant="h3" component="h2">
          {title}
        </Typography>
        {end}
      </Box>
      {children}
    </Box>
  );
}

/** Names and values below each other. */
export function Facts({ columns = 1, children }: { columns?: number; children: ReactNode }) {
  return (
    <Box component="dl" sx={{ m: 0, display: "grid", gap: 1.25, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`, "& dt": { color: "text.secondary", typography: "body2" }, "& dd": { m: 0 } }}>
      {children}
    </Box>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
