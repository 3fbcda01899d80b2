import { useQueries } from "@tanstack/react-query";
import { useApi } from "@waybill/shared/session/context";
import { StatusChip, type Status } from "@waybill/shared/ui/status-chip";
import { SERVICES } from "../../panel/addresses";
import { Card } from "../../panel/card";
import { TextLink } from "../../panel/links";
import { readDeadLetters } from "../../panel/reads";
import { ShortList } from "./short-list";

/** Whether a service has records that it could not apply. */
export function DeadLetterCounts() {
  const api = useApi();
  const queries = useQueries({
    queries: SERVICES.map((service) => ({ queryKey: ["dead-letters", service, undefined], queryFn: () => readDeadLetters(api, service, undefined) })),
  });
  return (
    <Card title="Dead letters" end={<TextLink to="/dead-letters">All of them</TextLink>}>
      <ShortList label="Dead letters by service">
        {SERVICES.map((service, index) => (
          <li key={service}>
            <TextLink to="/dead-letters" search={{ service }} sx={{ fontWeight: 600 }}>
              {service}
            </TextLink>
            <StatusChip quiet status={statusOf(queries[index]!)} />
          </li>
        ))}
      </ShortList>
    </Card>
  );
}

function statusOf({ data, error }: { data?: Awaited<ReturnType<typeof readDeadLetters>>; error: unknown }): Status {
  if (data) {
    const open = data.data.filter(({ state }) => state !== "DONE").length;
    if (open === 0) return { label: "None", tone: "good", icon: "check" };
    return { label: data.has_more ? `${open} or more` : String(open), tone: "bad", icon: "alert" };
  }
  if (error) return { label: "No answer", tone: "warning", icon: "refresh" };
  return { label: "Asking", tone: "neutral", icon: "clock" };
}
