/** A text of the address, where there is one. */
export function textOf(search: Record<string, unknown>, name: string): string | undefined {
  const value = search[name];
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** One of the known values of the address; any other is as good as none. */
export function oneOf<T extends string>(search: Record<string, unknown>, name: string, values: readonly T[]): T | undefined {
  return values.find((value) => value === search[name]);
}
