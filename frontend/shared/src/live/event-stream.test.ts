import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Session } from "../session/session";
import { refuse } from "../testing/fake-shop";
import { FakeStreams } from "../testing/fake-streams";
import { withFakeShop } from "../testing/server";
import { openEventStream, type Liveness } from "./event-stream";

const held = withFakeShop();
const PATH = "/api/v1/orders/ord_1/events";

describe("an event stream", () => {
  let streams: FakeStreams;
  let seen: Liveness[];
  let news: number;
  let close: () => void;

  const open = async () => {
    const session = new Session();
    await session.signIn("buyer@waybill.test", "waybill-demo");
    close = openEventStream({ session, path: PATH, onNews: () => (news += 1), onLiveness: (liveness) => seen.push(liveness) });
    return session;
  };
  const opened = (count: number) => vi.waitFor(() => expect(streams.opened).toHaveLength(count), { timeout: 10_000 });
  const heard = (count: number) => vi.waitFor(() => expect(news).toBe(count), { timeout: 10_000 });
  const order = (id: number) => `id: ${id}\nevent: order\ndata: {"fact":"x"}\n\n`;

  beforeEach(() => {
    streams = held.shop.streams = new FakeStreams();
    [seen, news, close] = [[], 0, () => undefined];
  });
  afterEach(() => close());

  it("goes on after the last event that it saw", async () => {
    await open();
    await opened(1);
    expect(streams.opened[0]).toMatchObject({ lastEventId: null, token: expect.stringMatching(/^Bearer token/) as unknown });
    streams.say(`id: 6\nevent: reset\ndata: {}\n\n${order(7)}`);
    // In pieces, as networks deliver.
    streams.say(order(8).slice(0, 9));
    streams.say(order(8).slice(9));
    await heard(3);
    streams.cut(new Error("the network is gone"));
    await opened(2);
    expect(streams.opened[1]?.lastEventId).toBe("8");
    await vi.waitFor(() => expect(seen).toEqual(["live", "reconnecting", "live"]));
  });

  it("comes again quietly when the service says goodbye", async () => {
    await open();
    await opened(1);
    streams.say(`id: 9\nevent: end\ndata: {"reason":"token_expired"}\n\n`);
    streams.cut();
    await opened(2);
    expect(streams.opened[1]?.lastEventId).toBe("9");
    await vi.waitFor(() => expect(seen).toEqual(["live", "live"]));
    expect(news).toBe(0);
  });

  it("renews a refused token", async () => {
    streams.refusals.push(refuse(401, "unauthenticated", "Unauthorized"));
    await open();
    await opened(1);
    expect(held.shop.requests.filter(({ path }) => path === "/auth/refresh")).toHaveLength(1);
  });

  it("leaves it to polling after three failures, and goes on trying", async () => {
    for (let n = 0; n < 3; n += 1) streams.refusals.push(refuse(503, "unavailable", "Service Unavailable"));
    await open();
    await vi.waitFor(() => expect(seen).toEqual(["reconnecting", "reconnecting", "polling"]), { timeout: 10_000 });
    await opened(1);
    await vi.waitFor(() => expect(seen.at(-1)).toBe("live"));
  });

  it("does not ask again for what it may not see", async () => {
    streams.refusals.push(refuse(403, "forbidden", "Forbidden"));
    await open();
    await vi.waitFor(() => expect(seen).toEqual(["polling"]));
    expect(streams.opened).toHaveLength(0);
  });

  it("stops when it is closed", async () => {
    await open();
    await opened(1);
    await vi.waitFor(() => expect(seen).toEqual(["live"]));
    close();
    await vi.waitFor(() => expect(held.shop.requests.filter(({ path }) => path.endsWith("/events"))).toHaveLength(1));
    expect(seen).toEqual(["live"]);
  });
});
