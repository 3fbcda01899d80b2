import type { User } from "@waybill/shared/api/types";
import type { IconName } from "@waybill/shared/ui/icon";

export interface Place {
  to: "/";
  label: string;
  icon: IconName;
  roles: User["roles"];
}

/** Where to go in the admin; everybody sees what their roles can use. */
const PLACES: Place[] = [{ to: "/", label: "Products", icon: "box", roles: ["ADMIN", "SELLER"] }];

export function placesFor(user: User): Place[] {
  return PLACES.filter((place) => place.roles.some((role) => user.roles.includes(role)));
}
