import Box from "@mui/material/Box";
import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useQueryClient } from "@tanstack/react-query";
import { hasCode } from "@waybill/shared/api/problem";
import type { DeadLetter } from "@waybill/shared/api/types";
import { useApi } from "@waybill/shared/session/context";
import { MONO } from "@waybill/shared/theme/theme";
import { CopyButton } from "@waybill/shared/ui/copy-button";
import { Moment } from "@waybill/shared/ui/moment";
import { Notice } from "@waybill/shared/ui/notice";
import { useNotify } from "@waybill/shared/ui/notify";
import { StatusChip, deadLetterStatus } from "@waybill/shared/ui/status-chip";
import { useState, type FormEvent } from "react";
import { ActionDialog } from "../../panel/action-dialog";
import type { ServiceName } from "../../panel/addresses";
import { Fact, Facts } from "../../panel/card";
import { replayDeadLetter } from "../../panel/reads";
import { useOnce } from "../../panel/use-once";

interface Props {
  service: ServiceName;
  letter: DeadLetter;
  onClose: () => void;
}

/** All that is known of a dead letter, and its replay. */
export function LetterDialog({ service, letter: listed, onClose }: Props) {
  const api = useApi();
  const queries = useQueryClient();
  const notify = useNotify();
  const [letter, setLetter] = useState(listed);
  const [asked, setAsked] = useState(false);
  const [failedAgain, setFailedAgain] = useState(false);
  const { state, run } = useOnce<string, DeadLetter>({
    name: `replay.${service}.${letter.id}`,
    send: (call) => replayDeadLetter(api, service, call.body, call.key),
    onDone: (now) => {
      void queries.invalidateQueries({ queryKey: ["dead-letters", service] });
      setLetter(now);
      setAsked(false);
      setFailedAgain(now.state !== "DONE");
      if (now.state === "DONE") notify("Applied, and what waited behind it follows.");
    },
  });
  const replayable = letter.state === "DEAD";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (asked) run(letter.id);
    else setAsked(true);
  };
  const confirm = !replayable ? undefined : asked ? "Yes, replay" : "Replay";
  return (
    <ActionDialog title={letter.event_type ?? "Dead letter"} confirm={confirm} dismiss={replayable ? "Leave it" : "Close"} state={state} refusal={waitsBehind(state)} onSubmit={submit} onClose={onClose}>
      {asked && (
        <Notice role="alert" tone="warning" icon="alert" title="Apply this event now?">
          The {service} service takes it as if it had just arrived, and then what waits behind it, in order. What is applied stays applied.
        </Notice>
      )}
      {failedAgain && (
        <Notice role="alert" tone="bad" icon="alert" title="It failed again">
          Nothing was changed. The error of this try is shown below.
        </Notice>
      )}
      <LetterFacts letter={letter} />
    </ActionDialog>
  );
}

function waitsBehind(state: { phase: string; error?: unknown }) {
  if (state.phase !== "refused" || !hasCode(state.error, "waits_behind_dead_letter")) return undefined;
  const first = state.error.problem["first"];
  return (
    <Notice role="alert" tone="warning" icon="clock" title="Another one comes first">
      It waits behind <code>{String(first)}</code>. Replay that one, and this one follows by itself.
    </Notice>
  );
}

function LetterFacts({ letter }: { letter: DeadLetter }) {
  return (
    <Facts>
      <Fact name="State">
        <StatusChip status={deadLetterStatus(letter.state)} />
      </Fact>
      {letter.error && (
        <Fact name={`Error, ${letter.attempts === 1 ? "after 1 try" : `after ${letter.attempts} tries`}`}>
          {letter.error_class && <b>{letter.error_class.toLowerCase()}: </b>}
          {letter.error}
        </Fact>
      )}
      <Fact name="Record">
        <Mono>{letter.id}</Mono> <CopyButton text={letter.id} what="id" />
      </Fact>
      <Fact name="Key">
        <Mono>{letter.key ?? "none"}</Mono>
      </Fact>
      {letter.event_id && (
        <Fact name="Event id">
          <Mono>{letter.event_id}</Mono>
        </Fact>
      )}
      <Fact name="Set aside">
        <Moment at={letter.created_at} />
        {letter.replayed_at && (
          <>
            , replayed <Moment at={letter.replayed_at} />
          </>
        )}
      </Fact>
      <Payload letter={letter} />
      {letter.headers.length > 0 && (
        <Fact name="Headers">
          <Block label="Headers" text={letter.headers.map(([name, value]) => `${name}: ${value}`).join("\n")} />
        </Fact>
      )}
    </Facts>
  );
}

function Payload({ letter }: { letter: DeadLetter }) {
  const [raw, setRaw] = useState(letter.decoded === null);
  const text = raw ? letter.payload_base64 : letter.decoded;
  return (
    <Fact name={raw ? "Payload, base 64" : "Payload"}>
      {text === null ? <Typography color="textSecondary">There is none.</Typography> : <Block label="Payload" text={text} />}
      {letter.decoded !== null && letter.payload_base64 !== null && (
        <Button size="small" color="inherit" onClick={() => setRaw(!raw)}>
          {raw ? "Show it decoded" : "Show it as it came"}
        </Button>
      )}
    </Fact>
  );
}

function Mono({ children }: { children: string }) {
  return (
    <Box component="code" sx={{ fontFamily: MONO, fontSize: "0.8125rem", overflowWrap: "anywhere" }}>
      {children}
    </Box>
  );
}

/** A text as it is; it scrolls by itself, and keyboards reach it. */
function Block({ label, text }: { label: string; text: string }) {
  return (
    <Box component="pre" tabIndex={0} role="region" aria-label={label} sx={{ m: 0, p: 1.5, maxHeight: 260, overflow: "auto", whiteSpace: "pre-wrap", overflowWrap: "anywhere", fontFamily: MONO, fontSize: "0.8125rem", bgcolor: "background.default", border: 1, borderColor: "divider", borderRadius: 1 }}>
      {text}
    </Box>
  );
}
