import { screen, waitFor, within } from "@testing-library/react";
import { aStock } from "@waybill/shared/testing/fake-office";
import { aProduct, refuse } from "@waybill/shared/testing/fake-shop";
import { withFakeShop } from "@waybill/shared/testing/server";
import { beforeEach, describe, expect, it } from "vitest";
import { openAdmin, signInAdmin } from "../../testing/open-admin";

const held = withFakeShop();
const sent = (method: string) => held.shop.requests.filter((request) => request.method === method && request.path.startsWith("/inventory"));
const form = async (name: string) => within(await screen.findByRole("form", { name }));

async function adjust(user: ReturnType<typeof openAdmin>["user"], delta: string, reason: string) {
  const fields = await form("Adjust");
  await user.type(fields.getByLabelText("Units that came or went"), delta);
  await user.type(fields.getByLabelText("Reason"), reason);
  await user.click(fields.getByRole("button", { name: "Book adjustment" }));
}

async function count(user: ReturnType<typeof openAdmin>["user"], units: string) {
  const fields = await form("Count");
  await user.type(fields.getByLabelText("Units on the shelf"), units);
  await user.type(fields.getByLabelText("Reason of the count"), "yearly");
  await user.click(fields.getByRole("button", { name: "Book count" }));
}

describe("inventory", () => {
  beforeEach(() => {
    signInAdmin(held.shop);
    held.shop.products.push(aProduct("MUG", { name: "Mug" }));
    held.shop.stock.set("MUG", aStock("MUG", 40, 6));
    held.shop.stock.set("CUP", aStock("CUP", 3));
  });

  it("lists figures, names and what runs out", async () => {
    openAdmin("/inventory");
    const row = within((await screen.findByRole("link", { name: "MUG" })).closest("tr")!);
    expect(row.getAllByRole("cell").slice(3).map((cell) => cell.textContent)).toEqual(["40", "6", "34"]);
    expect(await row.findByText("Mug")).toBeInTheDocument();
    expect(screen.getByText(/1 with few left, 0 sold out/)).toBeInTheDocument();
  });

  it("is adjusted once with a reason, which the ledger keeps", async () => {
    const { user } = openAdmin("/inventory/MUG");
    await adjust(user, "-3", "broken");
    expect(await screen.findByText("Booked: 37 on hand.")).toBeInTheDocument();
    expect(sent("POST").map(({ body }) => body)).toEqual([{ delta: -3, reason: "broken" }]);
    const ledger = within(await screen.findByRole("table", { name: "Ledger" }));
    expect(await ledger.findByText(/broken/)).toBeInTheDocument();
    expect(ledger.getByText("−3")).toBeInTheDocument();
  });

  it("is adjusted once when the answer is lost, by the same key", async () => {
    held.shop.once("POST /inventory/MUG/adjustments", async (request) => {
      await held.shop.handle(request);
      return Response.error();
    });
    const { user } = openAdmin("/inventory/MUG");
    await adjust(user, "5", "delivery");
    expect(await screen.findByText("Booked: 45 on hand.")).toBeInTheDocument();
    expect(held.shop.stock.get("MUG")).toMatchObject({ on_hand: 45 });
    expect(new Set(sent("POST").map(({ key }) => key)).size).toBe(1);
  });

  it("goes on after a reload with an adjustment whose answer did not come", async () => {
    held.shop.once("POST /inventory/MUG/adjustments", async (request) => {
      await held.shop.handle(request);
      return new Promise<Response>(() => undefined);
    });
    const first = openAdmin("/inventory/MUG");
    await adjust(first.user, "5", "delivery");
    await waitFor(() => expect(held.shop.stock.get("MUG")).toMatchObject({ on_hand: 45 }));
    first.close();
    openAdmin("/inventory/MUG");
    expect(await screen.findByText("Booked: 45 on hand.")).toBeInTheDocument();
    expect(new Set(sent("POST").map(({ key }) => key)).size).toBe(1);
  });

  it("does not go below what is promised, and says how much that is", async () => {
    const { user } = openAdmin("/inventory/MUG");
    await adjust(user, "-35", "broken");
    expect(await screen.findByText(/Orders hold 6/)).toBeInTheDocument();
    expect((await form("Adjust")).getByLabelText("Units that came or went")).toHaveValue("-35");
  });

  it.each([["0", /Not 0/], ["2.5", /A whole number/], ["", /A whole number/]])("refuses %j before it is sent", async (delta, words) => {
    const { user } = openAdmin("/inventory/MUG");
    const fields = await form("Adjust");
    if (delta) await user.type(fields.getByLabelText("Units that came or went"), delta);
    await user.click(fields.getByRole("button", { name: "Book adjustment" }));
    expect(await fields.findByText(words)).toBeInTheDocument();
    expect(fields.getByText(/Say why/)).toBeInTheDocument();
    expect(sent("POST")).toHaveLength(0);
  });

  it("is counted at the version that was seen", async () => {
    const { user } = openAdmin("/inventory/MUG");
    await count(user, "42");
    expect(await screen.findByText("Booked: 42 on hand.")).toBeInTheDocument();
    expect(sent("PUT").map(({ body }) => body)).toEqual([{ on_hand: 42, reason: "yearly" }]);
  });

  it("shows mine and theirs for a stale count, and keeps what was typed", async () => {
    const { user } = openAdmin("/inventory/MUG");
    const fields = await form("Count");
    await user.type(fields.getByLabelText("Units on the shelf"), "42");
    Object.assign(held.shop.stock.get("MUG")!, aStock("MUG", 50, 6, 2));
    await user.type(fields.getByLabelText("Reason of the count"), "yearly");
    await user.click(fields.getByRole("button", { name: "Book count" }));
    const table = within(await screen.findByRole("table", { name: "Yours and theirs" }));
    expect(table.getByText("42")).toBeInTheDocument();
    expect(table.getByText("50")).toBeInTheDocument();
    expect(fields.getByLabelText("Units on the shelf")).toHaveValue("42");
    await user.click(screen.getByRole("button", { name: "Book mine all the same" }));
    expect(await screen.findByText("Booked: 42 on hand.")).toBeInTheDocument();
  });

  it("says when it cannot be read, with a reference and another try", async () => {
    held.shop.once("GET /inventory", () => refuse(503, "unavailable", "Service Unavailable"));
    const { user } = openAdmin("/inventory");
    expect(await screen.findByText("A part of the shop is not answering")).toBeInTheDocument();
    expect(screen.getByText(/4bf92f3577b34da6a3ce929d0e0e4736/)).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("link", { name: "MUG" })).toBeInTheDocument();
  });
});
