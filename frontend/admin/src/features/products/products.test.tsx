import { screen, waitFor, within } from "@testing-library/react";
import { aProduct, refuse } from "@waybill/shared/testing/fake-shop";
import { withFakeShop } from "@waybill/shared/testing/server";
import { beforeEach, describe, expect, it } from "vitest";
import { heading, openAdmin, signInAdmin } from "../../testing/open-admin";

const held = withFakeShop();
const puts = () => held.shop.requests.filter(({ method }) => method === "PUT").map(({ body }) => body);
const posts = () => held.shop.requests.filter(({ method, path }) => method === "POST" && path === "/products");

async function retype(user: ReturnType<typeof openAdmin>["user"], label: string, text: string) {
  const field = await screen.findByLabelText(label);
  await user.clear(field);
  await user.type(field, text);
  return field;
}

describe("products", () => {
  beforeEach(() => {
    signInAdmin(held.shop);
    held.shop.products.push(aProduct("MUG", { name: "Mug" }), aProduct("CUP", { name: "Cup", status: "DRAFT" }));
  });

  it("are filtered by their status", async () => {
    const { user } = openAdmin("/products");
    expect(await screen.findByRole("link", { name: "Mug" })).toBeInTheDocument();
    await user.selectOptions(screen.getByLabelText("Status"), "Draft");
    await waitFor(() => expect(screen.queryByRole("link", { name: "Mug" })).toBeNull());
    expect(await screen.findByRole("link", { name: "Cup" })).toBeInTheDocument();
    await user.selectOptions(screen.getByLabelText("Status"), "Archived");
    expect(await screen.findByText("No products match")).toBeInTheDocument();
  });

  it("are created with the price in minor units", async () => {
    const { user } = openAdmin("/products/new");
    await user.type(await screen.findByLabelText("SKU"), "TEA-1");
    await user.type(screen.getByLabelText("Name"), "Tea");
    await user.type(screen.getByLabelText("Price"), "12,5");
    await user.click(screen.getByRole("button", { name: "Create product" }));
    await heading("Tea");
    expect(posts()[0]!.body).toEqual({ sku: "TEA-1", name: "Tea", price: { amount_minor: 1250, currency: "EUR" }, status: "DRAFT" });
    expect(posts()[0]!.key).toBeTruthy();
  });

  it("say what is missing before anything is sent", async () => {
    const { user } = openAdmin("/products/new");
    await user.click(await screen.findByRole("button", { name: "Create product" }));
    expect(await screen.findByText("Enter a name.")).toBeInTheDocument();
    expect(screen.getByText("Enter a price above zero, such as 12.50.")).toBeInTheDocument();
    expect(screen.getByLabelText("SKU")).toHaveFocus();
    expect(posts()).toHaveLength(0);
  });

  it("show all of the server's faults at their fields, and a taken SKU at the SKU", async () => {
    const errors = [{ pointer: "#/name", code: "invalid", detail: "Too loud." }, { pointer: "#/price/amount_minor", code: "out_of_range", detail: "Too dear." }];
    held.shop.once("POST /products", () => refuse(422, "validation_failed", "Unprocessable Entity", { errors }));
    const { user } = openAdmin("/products/new");
    await user.type(await screen.findByLabelText("SKU"), "MUG");
    await user.type(screen.getByLabelText("Name"), "TEA");
    await user.type(screen.getByLabelText("Price"), "1");
    await user.click(screen.getByRole("button", { name: "Create product" }));
    expect(await screen.findByText("Too loud.")).toBeInTheDocument();
    expect(screen.getByText("Too dear.")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Create product" }));
    await waitFor(() => expect(screen.getAllByText(/This SKU is taken/)).toHaveLength(2));
    expect(screen.getByLabelText("Name")).toHaveValue("TEA");
    expect(new Set(posts().map(({ key }) => key)).size).toBe(2);
  });

  it("send only what was changed", async () => {
    const { user } = openAdmin("/products/prd_MUG");
    await retype(user, "Price", "20");
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("Saved.")).toBeInTheDocument();
    expect(puts()).toEqual([{ price: { amount_minor: 2000, currency: "EUR" } }]);
  });

  it("show mine and theirs when somebody was faster, and let mine win", async () => {
    const { user } = openAdmin("/products/prd_MUG");
    await retype(user, "Name", "Big mug");
    held.shop.office.changeProduct(held.shop.products[0]!, { name: "Small mug", description: "Blue." });
    await user.click(screen.getByRole("button", { name: "Save" }));
    const table = within(await screen.findByRole("table", { name: "Yours and theirs" }));
    expect(table.getByText("Big mug")).toBeInTheDocument();
    expect(table.getByText("Small mug")).toBeInTheDocument();
    expect(screen.getByLabelText("Name")).toHaveValue("Big mug");
    await user.click(screen.getByRole("button", { name: "Save mine over it" }));
    await heading("Big mug");
    expect(held.shop.products[0]).toMatchObject({ name: "Big mug", description: "Blue." });
  });

  it("take theirs when that is chosen", async () => {
    const { user } = openAdmin("/products/prd_MUG");
    await retype(user, "Name", "Big mug");
    held.shop.office.changeProduct(held.shop.products[0]!, { name: "Small mug" });
    await user.click(screen.getByRole("button", { name: "Save" }));
    await user.click(await screen.findByRole("button", { name: "Take theirs" }));
    await waitFor(() => expect(screen.getByLabelText("Name")).toHaveValue("Small mug"));
    expect(held.shop.products[0]!.name).toBe("Small mug");
  });

  it("keep what was typed when a service is down, and offer another try", async () => {
    held.shop.once("PUT /products/prd_MUG", () => refuse(503, "unavailable", "Service Unavailable"));
    const { user } = openAdmin("/products/prd_MUG");
    await retype(user, "Name", "Big mug");
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("A part of the shop is not answering")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await heading("Big mug");
  });

  it("are archived after a question", async () => {
    const { user } = openAdmin("/products/prd_MUG");
    await user.click(await screen.findByRole("button", { name: "Archive" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Archive Mug?" }));
    await user.click(dialog.getByRole("button", { name: "Archive" }));
    await waitFor(() => expect(held.shop.products[0]!.status).toBe("ARCHIVED"));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Archive" })).toBeNull());
    await waitFor(() => expect(screen.getByLabelText("Status")).toHaveValue("ARCHIVED"));
  });

  it("that are not there are said to be so", async () => {
    openAdmin("/products/prd_NONE");
    await heading("There is no such product");
  });
});
