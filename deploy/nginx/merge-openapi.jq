# The services' OpenAPI documents, as an array, into one for the gateway.

# Objects into one; a name that two of them give different meanings is an error.
def union(what):
  map(to_entries) | add // [] | group_by(.key)
  | map(if (map(.value) | unique | length) > 1
        then error("two services declare the \(what) \(.[0].key) differently") else .[0] end)
  | from_entries;

{
  openapi: .[0].openapi,
  info: {
    title: "Waybill",
    version: .[0].info.version,
    description: "Order management that never oversells and never charges without an order. Every error is a problem document (RFC 9457) with a stable `code`.",
    license: { name: "Apache-2.0", identifier: "Apache-2.0" }
  },
  servers: [{ url: "/" }],
  tags: (map(.tags // []) | add | unique_by(.name)),
  paths: (map(.paths // {}) | union("path")),
  components: (
    map(.components // {} | to_entries) | add // [] | group_by(.key)
    | map(.[0].key as $kind | { key: $kind, value: (map(.value) | union($kind)) })
    | from_entries
  )
}
