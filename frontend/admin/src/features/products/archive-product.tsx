import Button from "@mui/material/Button";
import Typography from "@mui/material/Typography";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { body } from "@waybill/shared/api/client";
import { hasCode } from "@waybill/shared/api/problem";
import { useApi } from "@waybill/shared/session/context";
import { Icon } from "@waybill/shared/ui/icon";
import { Notice } from "@waybill/shared/ui/notice";
import { useNotify } from "@waybill/shared/ui/notify";
import { useState, type FormEvent } from "react";
import { ActionDialog } from "../../panel/action-dialog";
import type { OnceState } from "../../panel/use-once";
import type { Tagged } from "./product-page";

/** Takes a product off sale. Orders that name it stay as they are. */
export function ArchiveProduct({ product, onArchived }: { product: Tagged; onArchived: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const notify = useNotify();
  const [open, setOpen] = useState(false);
  const { value, tag } = product;
  // Archiving twice is archiving once, so it needs no key.
  const archive = useMutation({
    mutationFn: () => body(api.DELETE("/api/v1/products/{id}", { params: { path: { id: value.id }, header: { "If-Match": tag ?? "" } } })),
    onSuccess: () => {
      setOpen(false);
      notify(`${value.name} is archived.`);
      void queries.invalidateQueries({ queryKey: ["products"] });
      onArchived();
    },
    onError: (error) => hasCode(error, "precondition_failed") && onArchived(),
  });
  const state: OnceState = archive.isPending ? { phase: "sending" } : archive.error ? { phase: "refused", error: archive.error } : { phase: "idle" };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    archive.mutate();
  };
  const stale = hasCode(archive.error, "precondition_failed") && (
    <Notice role="alert" tone="warning" icon="alert" title="Somebody was faster">
      It was changed since you opened it, and has been read again: it is called “{value.name}” and its state is {value.status.toLowerCase()}. Archive it all the same?
    </Notice>
  );
  return (
    <>
      <Button size="small" variant="outlined" color="inherit" startIcon={<Icon name="inbox" />} onClick={() => setOpen(true)}>
        Archive
      </Button>
      {open && (
        <ActionDialog title={`Archive ${value.name}?`} confirm="Archive" dismiss="Keep it" dangerous state={state} refusal={stale || undefined} onSubmit={submit} onClose={() => setOpen(false)}>
          <Typography>Nobody can buy it then. Orders that name it stay as they are. You can put it back on sale by its status.</Typography>
        </ActionDialog>
      )}
    </>
  );
}
