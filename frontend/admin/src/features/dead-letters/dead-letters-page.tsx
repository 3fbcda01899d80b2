import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { DeadLetter } from "@waybill/shared/api/types";
import { useApi } from "@waybill/shared/session/context";
import { MONO } from "@waybill/shared/theme/theme";
import { Icon } from "@waybill/shared/ui/icon";
import { Moment } from "@waybill/shared/ui/moment";
import { QueryView } from "@waybill/shared/ui/query-view";
import { EmptyState } from "@waybill/shared/ui/states";
import { StatusChip, deadLetterStatus } from "@waybill/shared/ui/status-chip";
import { useState } from "react";
import { SERVICES, type ServiceName } from "../../panel/addresses";
import { DataTable, TableSkeleton, type Column } from "../../panel/data-table";
import { LinkButton } from "../../panel/links";
import { PageTop } from "../../panel/page-top";
import { Pager, useTrail } from "../../panel/pager";
import { readDeadLetters } from "../../panel/reads";
import { LetterDialog } from "./letter-dialog";

/** The errors in a list are cut; the whole of one stands in its dialog. */
const ERROR_SHOWN_MAX = 90;

/** Records that a service could not apply, with what waits behind them. */
export function DeadLettersPage() {
  const { service = "order", cursor } = useSearch({ from: "/staff/admin/dead-letters" });
  const navigate = useNavigate({ from: "/dead-letters" });
  const api = useApi();
  const trail = useTrail();
  const query = useQuery({ queryKey: ["dead-letters", service, cursor], queryFn: () => readDeadLetters(api, service, cursor) });
  const [shown, setShown] = useState<DeadLetter | null>(null);
  const refresh = (
    <Button size="small" color="inherit" startIcon={<Icon name="refresh" />} loading={query.isFetching} onClick={() => void query.refetch()}>
      Refresh
    </Button>
  );
  return (
    <>
      <PageTop title="Dead letters" actions={refresh}>
        <Typography color="textSecondary" sx={{ mt: 0.5, maxWidth: "72ch" }}>
          Events that a service could not apply. Later events of the same key wait behind them. Once the cause is mended, replay the first of a key; the rest follows in order.
        </Typography>
      </PageTop>
      <ServiceTabs current={service} />
      <QueryView query={query} skeleton={<TableSkeleton />}>
        {(page) => (
          <>
            {page.data.length > 0 ? <LetterTable letters={page.data} onShow={setShown} /> : <NoLetters service={service} />}
            <Pager trail={trail} cursor={cursor} page={page} onGo={(to) => void navigate({ search: { service, cursor: to } })} />
          </>
        )}
      </QueryView>
      {shown && <LetterDialog key={shown.id} service={service} letter={shown} onClose={() => setShown(null)} />}
    </>
  );
}

function ServiceTabs({ current }: { current: ServiceName }) {
  return (
    <Box component="nav" aria-label="Services" sx={{ display: "flex", flexWrap: "wrap", gap: 1, mb: 2 }}>
      {SERVICES.map((service) => (
        <LinkButton key={service} to="/dead-letters" search={{ service }} size="small" color={service === current ? "primary" : "inherit"} variant={service === current ? "contained" : "outlined"} aria-current={service === current ? "page" : undefined}>
          {service}
        </LinkButton>
      ))}
    </Box>
  );
}

export function NoLetters({ service }: { service: string }) {
  return (
    <EmptyState icon="checkCircle" title="Nothing is dead here">
      The {service} service has applied every event that it was sent.
    </EmptyState>
  );
}

function LetterTable({ letters, onShow }: { letters: DeadLetter[]; onShow: (letter: DeadLetter) => void }) {
  const columns: Column<DeadLetter>[] = [
    { name: "Event", main: true, cell: (letter) => <Code strong>{letter.event_type ?? letter.topic}</Code> },
    { name: "State", cell: (letter) => <StatusChip status={deadLetterStatus(letter.state)} /> },
    { name: "Key", cell: (letter) => <Code>{letter.key ?? "none"}</Code> },
    { name: "Error", cell: (letter) => <ErrorWords letter={letter} /> },
    { name: "Tries", numeric: true, cell: (letter) => letter.attempts },
    { name: "Since", cell: (letter) => <Box component="span" sx={{ whiteSpace: "nowrap" }}><Moment at={letter.created_at} as="ago" /></Box> },
    {
      name: "Action",
      main: true,
      cell: (letter) => (
        <Button size="small" variant="outlined" color="inherit" startIcon={<Icon name="eye" />} aria-label={`Inspect ${letter.id}`} sx={{ whiteSpace: "nowrap" }} onClick={() => onShow(letter)}>
          Inspect
        </Button>
      ),
    },
  ];
  return <DataTable label="Dead letters" columns={columns} rows={letters} rowKey={(letter) => letter.id} cardsBelow={800} />;
}

function Code({ children, strong }: { children: string; strong?: boolean }) {
  return (
    <Box component="code" sx={{ fontFamily: MONO, fontSize: "0.8125rem", fontWeight: strong ? 600 : 400, overflowWrap: strong ? "normal" : "anywhere" }}>
      {children}
    </Box>
  );
}

function ErrorWords({ letter }: { letter: DeadLetter }) {
  if (!letter.error) return <span>–</span>;
  const text = letter.error.length > ERROR_SHOWN_MAX ? `${letter.error.slice(0, ERROR_SHOWN_MAX)}…` : letter.error;
  return (
    <span>
      {letter.error_class && `${letter.error_class.toLowerCase()}: `}
      {text}
    </span>
  );
}
