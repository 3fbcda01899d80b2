import createCache, { type EmotionCache } from "@emotion/cache";

interface SheetOptions {
  key: string;
}

/**
 * Where the styles of the components go: a constructed style sheet of the document. Unlike a `<style>` element it needs
 * no exception in the Content-Security-Policy.
 */
class AdoptedSheet {
  readonly key: string;
  readonly nonce = undefined;
  readonly container = document.head;
  readonly speedy = true;
  tags: HTMLStyleElement[] = [];
  ctr = 0;
  before: Element | null = null;
  private sheet: CSSStyleSheet | null = null;

  constructor(options: SheetOptions) {
    this.key = options.key;
  }

  hydrate(): void {
    // There is no server rendering whose styles could be taken over.
  }

  insert(rule: string): void {
    const sheet = (this.sheet ??= adopt(this.key.endsWith("-global")));
    try {
      sheet.insertRule(rule, sheet.cssRules.length);
    } catch {
      // A browser refuses rules with another browser's prefixed selectors, and needs none of them.
    }
  }

  flush(): void {
    const gone = this.sheet;
    if (gone) document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== gone);
    this.sheet = null;
  }
}

/** Global rules come first, so that those of a component win. */
function adopt(first: boolean): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  const others = document.adoptedStyleSheets;
  document.adoptedStyleSheets = first ? [sheet, ...others] : [...others, sheet];
  return sheet;
}

/** The style cache of an app. Outside of browsers with constructed sheets it falls back to `<style>` elements. */
export function createStyleCache(): EmotionCache {
  const cache = createCache({ key: "w" });
  if ("adoptedStyleSheets" in document) cache.sheet = new AdoptedSheet({ key: "w" }) as unknown as EmotionCache["sheet"];
  return cache;
}
