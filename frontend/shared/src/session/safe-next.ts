/** The page to go on to after signing in: a path of this site, never another site's address. */
export function safeNext(next: string | undefined, otherwise: string): string {
  if (!next?.startsWith("/") || next.startsWith("//") || next.includes("\\")) return otherwise;
  return next;
}
