/** What everybody may look at: the shop goes on showing it while nobody can sign in. */
export const OPEN_READS = /^\/api\/v1\/(products|inventory)(\/|$)/;
