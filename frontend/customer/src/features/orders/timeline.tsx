import Box from "@mui/material/Box";
import Typography from "@mui/material/Typography";
import { Icon } from "@waybill/shared/ui/icon";
import { Moment } from "@waybill/shared/ui/moment";
import type { Step } from "./story";

const COLOUR = { neutral: "text.secondary", active: "primary.main", good: "success.main", warning: "warning.main", bad: "error.main" } as const;

/** The way of an order from the click to the door. */
export function Timeline({ steps }: { steps: Step[] }) {
  const next = steps.findIndex((step) => step.at === null);
  const current = next === -1 ? steps.length - 1 : next;
  return (
    <Box component="ol" aria-label="What happened so far" sx={{ listStyle: "none", p: 0, m: 0, maxWidth: 600 }}>
      {steps.map((step, index) => (
        <Row key={`${step.title}-${index}`} step={step} current={index === current} last={index === steps.length - 1} />
      ))}
    </Box>
  );
}

function Row({ step, current, last }: { step: Step; current: boolean; last: boolean }) {
  const done = step.at !== null;
  const colour = done ? COLOUR[step.tone] : "text.secondary";
  return (
    <Box component="li" aria-current={current ? "step" : undefined} sx={{ display: "grid", gridTemplateColumns: "40px minmax(0, 1fr)", columnGap: 2 }}>
      <Box aria-hidden sx={{ display: "flex", flexDirection: "column", alignItems: "center" }}>
        <Box
          sx={{
            width: 40,
            height: 40,
            borderRadius: "50%",
            display: "grid",
            placeItems: "center",
            flexShrink: 0,
            color: done ? "background.paper" : colour,
            bgcolor: done ? colour : "transparent",
            border: done ? 0 : "1.5px dashed",
            borderColor: "text.disabled",
          }}
        >
          <Icon name={step.icon} fontSize="small" />
        </Box>
        {!last && <Box sx={{ flex: 1, minHeight: 20, borderLeft: done ? "2px solid" : "2px dashed", borderColor: done ? "text.primary" : "text.disabled", opacity: done ? 0.35 : 0.6 }} />}
      </Box>
      <Box sx={{ pb: 3, pt: 0.75 }}>
        <Box sx={{ display: "flex", flexWrap: "wrap", columnGap: 2, justifyContent: "space-between", alignItems: "baseline" }}>
          <Typography sx={{ fontWeight: done || current ? 600 : 400 }} color={done || current ? "textPrimary" : "textSecondary"}>
            {step.title}
            {!done && <span hidden> (still to come)</span>}
          </Typography>
          {step.at && (
            <Typography variant="body2" color="textSecondary">
              <Moment at={step.at} as="time" />
            </Typography>
          )}
        </Box>
        {step.text && <Typography color="textSecondary">{step.text}</Typography>}
      </Box>
    </Box>
  );
}
