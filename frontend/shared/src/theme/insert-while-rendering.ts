import { useInsertionEffect } from "react";

// Stands in for the package of this name that Emotion brings (app-config.ts). Emotion works out the rules of a component
// when React commits it: for a whole page at once, which no browser can interrupt. While rendering it is as good, since a
// rule is inserted once and nothing is drawn before the commit, and there it happens bit by bit.

/** For the styles of a component. */
export function useInsertionEffectAlwaysWithSyncFallback(insert: () => unknown): unknown {
  return insert();
}

/** For global styles, which are taken away again. */
export const useInsertionEffectWithLayoutFallback = useInsertionEffect;
