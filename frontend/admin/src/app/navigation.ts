import type { Role, User } from "@waybill/shared/api/types";
import type { IconName } from "@waybill/shared/ui/icon";

export interface Place {
  to: "/" | "/orders" | "/products" | "/inventory" | "/dead-letters";
  label: string;
  icon: IconName;
  roles: Role[];
}

const PLACES: Place[] = [
  { to: "/", label: "Overview", icon: "chart", roles: ["ADMIN"] },
  { to: "/orders", label: "Orders", icon: "doc", roles: ["ADMIN"] },
  { to: "/products", label: "Products", icon: "box", roles: ["ADMIN", "SELLER"] },
  { to: "/inventory", label: "Inventory", icon: "layers", roles: ["ADMIN", "SELLER"] },
  { to: "/dead-letters", label: "Dead letters", icon: "inbox", roles: ["ADMIN"] },
];

/** Where to go in the admin; everybody sees what their roles can use. */
export function placesFor(user: User): Place[] {
  return PLACES.filter((place) => place.roles.some((role) => user.roles.includes(role)));
}
