import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { reloadOnNewBuild } from "./reload-on-new-build";

const reload = vi.fn();
let stop: () => void;

const pieceIsGone = () => {
  const event = new Event("vite:preloadError", { cancelable: true });
  dispatchEvent(event);
  return event;
};

beforeEach(() => {
  reload.mockClear();
  stop = reloadOnNewBuild(reload);
});
afterEach(() => stop());

it("starts anew when a piece of the build is gone", () => {
  expect(pieceIsGone().defaultPrevented).toBe(true);
  expect(reload).toHaveBeenCalledOnce();
});

it("does so once, and leaves a second failure to the error page", () => {
  pieceIsGone();
  expect(pieceIsGone().defaultPrevented).toBe(false);
  expect(reload).toHaveBeenCalledOnce();
});
