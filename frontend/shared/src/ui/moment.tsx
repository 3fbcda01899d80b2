import { formatAgo, formatDay, formatMoment, formatTime } from "../dates/dates";

const FORMATS = { ago: (at: string) => formatAgo(at), day: (at: string) => formatDay(at), time: (at: string) => formatTime(at), full: (at: string) => formatMoment(at) };

/** A time in the words that fit its place; the whole of it stands in the tooltip. */
export function Moment({ at, as = "full" }: { at: string; as?: keyof typeof FORMATS }) {
  return (
    <time dateTime={at} title={formatMoment(at)}>
      {FORMATS[as](at)}
    </time>
  );
}
