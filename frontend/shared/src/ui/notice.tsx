import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import type { ReactNode, Ref } from "react";
import { Icon, type IconName } from "./icon";
import type { Tone } from "./status-chip";

const COLOUR: Record<Tone, string> = {
  neutral: "text.secondary",
  active: "primary.main",
  good: "success.main",
  warning: "warning.main",
  bad: "error.main",
};

interface Props {
  tone?: Tone;
  icon: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** `alert` interrupts a screen reader, `status` waits for its turn. */
  role?: "alert" | "status";
  ref?: Ref<HTMLDivElement>;
}

/** Something to know within a page, with what to do about it. */
export function Notice({ tone = "neutral", icon, title, children, action, role, ref }: Props) {
  return (
    <Box
      ref={ref}
      role={role}
      tabIndex={ref ? -1 : undefined}
      sx={{
        display: "flex",
        gap: 1.5,
        alignItems: "flex-start",
        p: 2,
        bgcolor: "background.paper",
        border: 1,
        borderColor: "divider",
        borderLeft: 4,
        borderLeftColor: COLOUR[tone],
        borderRadius: 1,
      }}
    >
      <Icon name={icon} sx={{ color: COLOUR[tone], mt: 0.125, flexShrink: 0 }} />
      <Box sx={{ flex: 1, minWidth: 0 }}>
        <Typography component="p" sx={{ fontWeight: 600 }}>
          {title}
        </Typography>
        {children && (
          <Typography component="div" color="textSecondary">
            {children}
          </Typography>
        )}
        {action && <Box sx={{ mt: 1, display: "flex", gap: 1, flexWrap: "wrap" }}>{action}</Box>}
      </Box>
    </Box>
  );
}
