import { Outlet } from "@tanstack/react-router";
import { useSessionState } from "@waybill/shared/session/context";
import { Forbidden } from "../panel/forbidden";

/** Pages for administrators; sellers are told so. */
export function AdminOnly() {
  const { user } = useSessionState();
  return user?.roles.includes("ADMIN") ? <Outlet /> : <Forbidden />;
}
