const RELOADED_AT = "waybill.reloaded-at";
/** A file that is gone even right after a reload is missing for another reason: that is for the error page to say. */
const AGAIN_AFTER_MS = 60_000;

/** A tab that outlives its build asks for pieces of it that are gone by then: it starts anew, with the new build. */
export function reloadOnNewBuild(reload: () => void = () => location.reload()): () => void {
  const onMissing = (event: Event) => {
    const last = Number(sessionStorage.getItem(RELOADED_AT) ?? 0);
    if (Date.now() - last < AGAIN_AFTER_MS) return;
    sessionStorage.setItem(RELOADED_AT, String(Date.now()));
    event.preventDefault();
    reload();
  };
  addEventListener("vite:preloadError", onMissing);
  return () => removeEventListener("vite:preloadError", onMissing);
}
