import { describe, expect, it, vi } from "vitest";
import { createApi, body } from "../api/client";
import { ConnectionError } from "../api/problem";
import { aUser, refuse } from "../testing/fake-shop";
import { withFakeShop } from "../testing/server";
import { Session } from "./session";

const held = withFakeShop();
const known = () => localStorage.setItem("waybill.session.known", "1");
const refreshes = () => held.shop.requests.filter(({ path }) => path === "/auth/refresh").length;

describe("a session", () => {
  it("asks nothing of the server for a visitor", async () => {
    const session = new Session();
    expect(await session.settle()).toEqual({ status: "anonymous", user: null });
    expect(await session.accessToken()).toBeNull();
    expect(held.shop.requests).toHaveLength(0);
  });

  it("comes back after a reload by the cookie", async () => {
    known();
    held.shop.user = aUser();
    const session = new Session();
    expect(await session.settle()).toMatchObject({ status: "signed-in", user: { name: "Bo Buyer" } });
  });

  it("renews once for all who wait", async () => {
    known();
    held.shop.user = aUser();
    const session = new Session();
    const tokens = await Promise.all([session.accessToken(), session.accessToken(), session.renew()]);
    expect(new Set(tokens).size).toBe(1);
    expect(refreshes()).toBe(1);
  });

  it("renews before the token runs out", async () => {
    let now = 0;
    held.shop.user = aUser();
    const session = new Session("", () => now);
    await session.signIn("buyer@waybill.test", "waybill-demo");
    await session.accessToken();
    expect(refreshes()).toBe(0);
    now = 581_000;
    await session.accessToken();
    expect(refreshes()).toBe(1);
  });

  it("ends when the cookie no longer holds", async () => {
    known();
    const session = new Session();
    expect((await session.settle()).status).toBe("anonymous");
    expect(localStorage.getItem("waybill.session.known")).toBeNull();
  });

  it("stays open when nobody answers", async () => {
    known();
    held.shop.once("POST /auth/refresh", () => Response.error());
    held.shop.user = aUser();
    const session = new Session();
    expect((await session.settle()).status).toBe("unknown");
    await expect(session.accessToken()).resolves.toMatch(/^token/);
  });

  it("refuses a wrong password with the server's problem", async () => {
    await expect(new Session().signIn("a@b.test", "wrong")).rejects.toMatchObject({ code: "invalid_credentials" });
  });

  it("tells other tabs", async () => {
    const [one, other] = [new Session(), new Session()];
    await one.signIn("buyer@waybill.test", "waybill-demo");
    await vi.waitFor(() => expect(other.getState().status).toBe("signed-in"));
    await one.signOut();
    await vi.waitFor(() => expect(other.getState().status).toBe("anonymous"));
  });
});

describe("the API client", () => {
  const open = async () => {
    const session = new Session();
    await session.signIn("buyer@waybill.test", "waybill-demo");
    return { session, api: createApi(session, location.origin) };
  };

  it("renews a refused token and sends the same request again", async () => {
    const { api } = await open();
    held.shop.once("POST /orders", () => refuse(401, "unauthenticated", "Unauthorized"));
    const sent = { items: [] };
    await body(api.POST("/api/v1/orders", { params: { header: { "Idempotency-Key": "k" } }, body: sent }));
    const posts = held.shop.requests.filter(({ path }) => path === "/orders");
    expect(posts.map(({ key, body: content }) => [key, content])).toEqual([["k", sent], ["k", sent]]);
    expect(refreshes()).toBe(1);
  });

  it("gives up when the session has ended", async () => {
    const { api, session } = await open();
    held.shop.user = null;
    await expect(body(api.GET("/api/v1/orders"))).rejects.toMatchObject({ code: "unauthenticated" });
    expect(session.getState().status).toBe("anonymous");
  });

  it("tells a lost connection from a refusal", async () => {
    const { api } = await open();
    held.shop.once("GET /orders", () => Response.error());
    await expect(body(api.GET("/api/v1/orders"))).rejects.toBeInstanceOf(ConnectionError);
  });

  it("makes a problem of an answer that is none", async () => {
    const { api } = await open();
    held.shop.once("GET /orders", () => new Response("<html>", { status: 502, headers: { "X-Request-Id": "abc", "Retry-After": "2" } }));
    await expect(body(api.GET("/api/v1/orders"))).rejects.toMatchObject({ status: 502, retryAfter: 2, problem: { trace_id: "abc" } });
  });
});
