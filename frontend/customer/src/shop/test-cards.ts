/** A payment method of the simulator and what it does. */
export interface TestCard {
  method: string;
  name: string;
  effect: string;
}

export const TEST_CARDS: TestCard[] = [
  { method: "pm_card_visa", name: "Visa ending in 4242", effect: "Pays at once." },
  { method: "pm_card_mastercard", name: "Mastercard ending in 4444", effect: "Pays at once." },
  { method: "pm_card_chargeDeclined", name: "Visa ending in 0002", effect: "Is declined; try another one after it." },
  { method: "pm_card_chargeDeclinedInsufficientFunds", name: "Visa ending in 9995", effect: "Is declined: not enough money." },
  { method: "pm_sim_slow", name: "Slow bank", effect: "Pays after three seconds." },
  { method: "pm_sim_timeout_after_charge", name: "Silent bank", effect: "Pays, but the bank never says so. We find out." },
];

const DECLINES: Record<string, string> = {
  insufficient_funds: "There is not enough money on this card.",
  generic_decline: "The bank declined this card and gave no reason.",
  card_declined: "The bank declined this card and gave no reason.",
  expired_card: "This card has expired.",
  incorrect_cvc: "The security code did not match.",
};

export function declineWords(code: string | null | undefined): string {
  return DECLINES[code ?? ""] ?? "The bank declined this card.";
}
