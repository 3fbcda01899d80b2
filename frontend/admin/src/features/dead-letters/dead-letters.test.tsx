import { screen, waitFor, within } from "@testing-library/react";
import { aDeadLetter } from "@waybill/shared/testing/fake-office";
import { withFakeShop } from "@waybill/shared/testing/server";
import { beforeEach, describe, expect, it } from "vitest";
import { openAdmin, signInAdmin } from "../../testing/open-admin";

const held = withFakeShop();
const replays = () => held.shop.requests.filter(({ path }) => path.endsWith("/replay"));

async function inspect(id: string) {
  const opened = openAdmin("/dead-letters?service=payment");
  await opened.user.click(await screen.findByRole("button", { name: `Inspect ${id}` }));
  return { ...opened, dialog: within(await screen.findByRole("dialog")) };
}

describe("dead letters", () => {
  beforeEach(() => {
    signInAdmin(held.shop);
    held.shop.office.deadLetters.set("payment", [aDeadLetter("orders:0:2"), aDeadLetter("orders:0:1")]);
  });

  it("are listed by service", async () => {
    const { user } = openAdmin("/dead-letters");
    expect(await screen.findByText("Nothing is dead here")).toBeInTheDocument();
    await user.click(screen.getByRole("link", { name: "payment" }));
    expect(within(await screen.findByRole("table", { name: "Dead letters" })).getAllByText("PAYMENT_SUCCESS")).toHaveLength(2);
  });

  it("are shown decoded, and as they came", async () => {
    const { user, dialog } = await inspect("orders:0:1");
    expect(dialog.getByRole("region", { name: "Payload" })).toHaveTextContent('{"order_id": "ord_1"}');
    await user.click(dialog.getByRole("button", { name: "Show it as it came" }));
    expect(dialog.getByRole("region", { name: "Payload" })).toHaveTextContent("CgVvcmRfMQ==");
  });

  it("are replayed after a question, with a key", async () => {
    const { user, dialog } = await inspect("orders:0:1");
    await user.click(dialog.getByRole("button", { name: "Replay" }));
    expect(replays()).toHaveLength(0);
    await user.click(dialog.getByRole("button", { name: "Yes, replay" }));
    expect(await screen.findByText(/Applied, and what waited/)).toBeInTheDocument();
    expect(replays()).toHaveLength(1);
    expect(replays()[0]!.key).toBeTruthy();
    expect(dialog.queryByRole("button", { name: /eplay/ })).toBeNull();
  });

  it("say which one comes first", async () => {
    const { user, dialog } = await inspect("orders:0:2");
    await user.click(dialog.getByRole("button", { name: "Replay" }));
    await user.click(dialog.getByRole("button", { name: "Yes, replay" }));
    expect(await dialog.findByText("Another one comes first")).toBeInTheDocument();
    expect(dialog.getByText("orders:0:1")).toBeInTheDocument();
  });

  it("say when they fail again, with the new error", async () => {
    const again = aDeadLetter("orders:0:1", { attempts: 5, error: "still not known" });
    held.shop.once("POST /admin/payment/dead-letters/orders%3A0%3A1/replay", () => new Response(JSON.stringify(again), { status: 202, headers: { "Content-Type": "application/json" } }));
    const { user, dialog } = await inspect("orders:0:1");
    await user.click(dialog.getByRole("button", { name: "Replay" }));
    await user.click(dialog.getByRole("button", { name: "Yes, replay" }));
    expect(await dialog.findByText("It failed again")).toBeInTheDocument();
    await waitFor(() => expect(dialog.getByText(/still not known/)).toBeInTheDocument());
  });
});
