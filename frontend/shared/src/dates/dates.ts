const SECOND = 1000;
const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400 * SECOND],
  ["hour", 3_600 * SECOND],
  ["minute", 60 * SECOND],
];

/** The moment in full, such as `21 November 2026 at 10:36`. */
export function formatMoment(at: string | Date, language?: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(new Date(at));
}

/** The day alone, such as `21 Nov 2026`. */
export function formatDay(at: string | Date, language?: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(new Date(at));
}

/** The time of day with seconds, for things that follow each other quickly. */
export function formatTime(at: string | Date, language?: string): string {
  return new Intl.DateTimeFormat(language, { timeStyle: "medium" }).format(new Date(at));
}

/** How long ago, such as `5 minutes ago`. */
export function formatAgo(at: string | Date, now: Date = new Date(), language?: string): string {
  const passed = new Date(at).getTime() - now.getTime();
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  for (const [unit, size] of UNITS) {
    if (Math.abs(passed) >= size) return format.format(Math.round(passed / size), unit);
  }
  return format.format(0, "second");
}

/** Seconds as a clock counts them down, such as `0:42`. */
export function formatCountdown(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

const STEPS: [unit: string, ms: number][] = [
  ["d", 86_400 * SECOND],
  ["h", 3_600 * SECOND],
  ["min", 60 * SECOND],
  ["s", SECOND],
];

/** How long something took, in its two largest units, such as `84 ms`, `1.2 s` or `2 h 5 min`. */
export function formatDuration(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  const first = STEPS.findIndex(([, size]) => ms >= size);
  const [unit, size] = STEPS[first]!;
  const [smaller, smallerSize] = STEPS[first + 1] ?? ["", Infinity];
  const rest = Math.floor((ms % size) / smallerSize);
  return `${Math.floor(ms / size)} ${unit}${rest > 0 ? ` ${rest} ${smaller}` : ""}`;
}
