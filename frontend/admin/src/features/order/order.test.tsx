import { screen, waitFor, within } from "@testing-library/react";
import { capturedPayment } from "@waybill/shared/testing/fake-office";
import { aPayment, anOrder, fact, refuse } from "@waybill/shared/testing/fake-shop";
import { withFakeShop } from "@waybill/shared/testing/server";
import { beforeEach, describe, expect, it } from "vitest";
import { heading, openAdmin, signInAdmin } from "../../testing/open-admin";
import { sagaOf } from "./saga";

const held = withFakeShop();
const posts = (end: string) => held.shop.requests.filter(({ method, path }) => method === "POST" && path.endsWith(end));

function paid(more: Parameters<typeof anOrder>[0] = {}) {
  const order = anOrder({ status: "PAID", payment_status: "PAID", allowed_actions: ["ship", "refund", "cancel"], ...more });
  held.shop.orders.push(order);
  held.shop.payments.push(capturedPayment(aPayment(order)));
  held.shop.timelines.set(order.id, [fact("created", "order"), { ...fact("stock_reserved", "inventory"), at: "2026-11-21T10:36:00.084Z" }]);
  return order;
}

const SHIPPED = { status: "SHIPPED", fulfillment_status: "SHIPPED", allowed_actions: ["deliver", "refund"] };

async function open(action: string) {
  const opened = openAdmin("/orders/ord_1");
  await opened.user.click(await screen.findByRole("button", { name: action }));
  return { ...opened, dialog: within(await screen.findByRole("dialog")) };
}

describe("an order", () => {
  beforeEach(() => signInAdmin(held.shop));

  it("tells its facts with service, actor and the time between", async () => {
    paid();
    openAdmin("/orders/ord_1");
    await heading("Order W-7K3M9-Q2XTB");
    const facts = within(await screen.findByRole("list", { name: "Facts of the order" })).getAllByRole("listitem");
    expect(facts.map((item) => item.textContent)).toEqual([expect.stringContaining("Order placed"), expect.stringMatching(/Stock held.*stock_reserved · inventory service.*\+84 ms/)]);
    expect(screen.getByText("pm_card_visa")).toBeInTheDocument();
  });

  it("offers what the order and its payment allow", async () => {
    paid(SHIPPED);
    openAdmin("/orders/ord_1");
    const actions = within(await screen.findByRole("group", { name: "Actions" }));
    expect(actions.getAllByRole("button").map((button) => button.textContent)).toEqual(["Mark as delivered", "Refund"]);
  });

  it("is shipped with carrier and number, and then delivered", async () => {
    paid();
    const { user, dialog } = await open("Ship");
    await user.type(dialog.getByLabelText(/Carrier/), "DHL");
    await user.type(dialog.getByLabelText(/Tracking/), "0034");
    await user.click(dialog.getByRole("button", { name: "Ship order" }));
    await waitFor(() => expect(posts("/ship").map(({ body }) => body)).toEqual([{ carrier: "DHL", tracking_number: "0034" }]));
    await user.click(await screen.findByRole("button", { name: "Mark as delivered" }));
    await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Mark as delivered" }));
    await waitFor(() => expect(held.shop.orders[0]!.status).toBe("DELIVERED"));
  });

  it("says that it has moved on, when somebody else was faster", async () => {
    const order = paid();
    const { user, dialog } = await open("Ship");
    Object.assign(order, SHIPPED);
    await user.click(dialog.getByRole("button", { name: "Ship order" }));
    expect(await dialog.findByText("The order has moved on")).toBeInTheDocument();
    await user.click(dialog.getByRole("button", { name: "Not now" }));
    expect(await screen.findByRole("button", { name: "Mark as delivered" })).toBeInTheDocument();
  });

  it("is cancelled with a reason", async () => {
    paid();
    const { user, dialog } = await open("Cancel order");
    await user.type(dialog.getByLabelText(/Reason/), "The shelf was empty");
    await user.click(dialog.getByRole("button", { name: "Cancel order" }));
    await waitFor(() => expect(posts("/cancel").map(({ body }) => body)).toEqual([{ reason: "The shelf was empty" }]));
    expect(await screen.findByText("Order W-7K3M9-Q2XTB is cancelled.")).toBeInTheDocument();
  });

  it("that is not there is said to be so", async () => {
    openAdmin("/orders/ord_none");
    await heading("There is no such order");
  });
});

describe("a refund", () => {
  beforeEach(() => signInAdmin(held.shop));

  it("of a part is typed in whole units and sent in minor ones", async () => {
    paid(SHIPPED);
    const { user, dialog } = await open("Refund");
    await user.type(dialog.getByLabelText("Amount in EUR"), "5,5");
    await user.type(dialog.getByLabelText("Reason"), "one was torn");
    await user.click(dialog.getByRole("button", { name: "Refund €5.50" }));
    expect(await screen.findByText("€5.50 is on its way back.")).toBeInTheDocument();
    expect(posts("/refund").map(({ body }) => body)).toEqual([{ payment_id: "pay_1", amount: { amount_minor: 550, currency: "EUR" }, reason: "one was torn" }]);
    expect(await screen.findByText(/“one was torn”/)).toBeInTheDocument();
  });

  it("of all that is left names no amount", async () => {
    paid({ ...SHIPPED, status: "DELIVERED", allowed_actions: [] });
    const { user, dialog } = await open("Refund");
    await user.click(dialog.getByLabelText(/All that is left: €19.99/));
    await user.type(dialog.getByLabelText("Reason"), "came back");
    await user.click(dialog.getByRole("button", { name: "Refund €19.99" }));
    await waitFor(() => expect(posts("/refund").map(({ body }) => body)).toEqual([{ payment_id: "pay_1", reason: "came back" }]));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Refund" })).toBeNull());
  });

  it.each([["0", /at most €19.99/], ["20", /at most €19.99/], ["1.234", /at most €19.99/]])("of %s is refused before it is sent", async (amount, words) => {
    paid(SHIPPED);
    const { user, dialog } = await open("Refund");
    await user.type(dialog.getByLabelText("Amount in EUR"), amount);
    await user.type(dialog.getByLabelText("Reason"), "x");
    await user.click(dialog.getByRole("button", { name: /^Refund/ }));
    expect(await dialog.findByText(words)).toBeInTheDocument();
    expect(posts("/refund")).toHaveLength(0);
  });

  it("of all of an order that is not shipped leads to cancelling it", async () => {
    paid();
    const { user, dialog } = await open("Refund");
    await user.click(dialog.getByLabelText(/All that is left/));
    await user.type(dialog.getByLabelText("Reason"), "changed their mind");
    await user.click(dialog.getByRole("button", { name: "Refund €19.99" }));
    expect(await dialog.findByText("Cancel the order instead")).toBeInTheDocument();
    await user.click(dialog.getByRole("button", { name: "Cancel the order" }));
    expect(await screen.findByRole("dialog", { name: "Cancel order W-7K3M9-Q2XTB?" })).toBeInTheDocument();
  });

  it("of more than is left by now says how much that is, and keeps what was typed", async () => {
    paid(SHIPPED);
    held.shop.once("POST /payments/refund", () => refuse(409, "refund_exceeds_capture", "Conflict", { left_minor: 300 }));
    const { user, dialog } = await open("Refund");
    await user.type(dialog.getByLabelText("Amount in EUR"), "5");
    await user.type(dialog.getByLabelText("Reason"), "torn");
    await user.click(dialog.getByRole("button", { name: "Refund €5.00" }));
    expect(await dialog.findByText(/€3.00 can still go back/)).toBeInTheDocument();
    expect(dialog.getByLabelText("Reason")).toHaveValue("torn");
  });

  it("whose answer is lost is asked for with its own key, and happens once", async () => {
    paid(SHIPPED);
    held.shop.once("POST /payments/refund", async (request) => {
      await held.shop.handle(request);
      return refuse(503, "unavailable", "Service Unavailable");
    });
    const { user, dialog } = await open("Refund");
    await user.type(dialog.getByLabelText("Amount in EUR"), "5");
    await user.type(dialog.getByLabelText("Reason"), "torn");
    await user.click(dialog.getByRole("button", { name: "Refund €5.00" }));
    expect(await screen.findByText("€5.00 is on its way back.")).toBeInTheDocument();
    expect(new Set(posts("/refund").map(({ key }) => key)).size).toBe(1);
    expect(held.shop.payments[0]!.refunds).toHaveLength(1);
  });
});

describe("the words of a fact", () => {
  it("name who made it, and what this build does not know by its name", () => {
    const order = anOrder();
    const facts = [
      { ...fact("created", "order"), actor: { type: "USER", id: "usr_1" } },
      { ...fact("cancel_requested", "order", { by: "system", note: "" }), actor: { type: "SYSTEM", id: null } },
      fact("stock_rejected", "inventory", { short_lines: [{ sku: "MUG", requested: 2, available: 1 }] }),
      fact("teleported", "order", { until: "2026-11-21T10:51:00Z", total: order.total }),
    ];
    const steps = sagaOf(facts, order, null);
    expect(steps.map(({ said }) => said)).toEqual(["order service, by Bo Buyer, the customer", "order service, by a timer", "inventory service", "order service"]);
    expect(steps[1]!.details).toEqual([["By", "system"]]);
    expect(steps[2]!.details).toEqual([["Short lines", "MUG: 2 wanted, 1 there"]]);
    expect(steps[3]).toMatchObject({ title: "Teleported", after: "0 ms", details: [["Until", expect.stringContaining("2026")], ["Total", "€19.99"]] });
  });
});
