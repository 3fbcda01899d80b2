//! Every arm of the saga, on the real stack, through the gateway: once as it comes, once with every event delivered
//! twice, and once with the acting service killed by SIGKILL in the middle and started again.

mod arms;
mod scene;

use scene::{Scene, Variation};

/// Three tests per arm. `killing` names the service and the place in its code where it dies.
macro_rules! arms {
    ($($arm:ident killing $service:literal at $place:literal;)*) => {$(
        mod $arm {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn as_it_comes() {
                Scene::play(Variation::Plain, arms::$arm).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn with_every_event_twice() {
                Scene::play(Variation::Twice, arms::$arm).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn with_the_acting_service_killed() {
                Scene::play(Variation::Killed { service: $service, place: $place }, arms::$arm).await;
            }
        }
    )*};
}

arms! {
    paid_in_two_calls killing "order" at "consumer.before_commit";
    paid_in_one_call killing "order" at "relay.after_ack";
    out_of_stock killing "inventory" at "consumer.before_commit";
    one_line_out_of_stock killing "inventory" at "consumer.after_commit";
    declined_then_paid killing "payment" at "payment.after_charge";
    declined_for_good killing "payment" at "relay.after_ack";
    expired killing "payment" at "consumer.before_commit";
    cancelled_while_held killing "payment" at "consumer.after_commit";
    cancelled_in_flight killing "payment" at "payment.after_charge";
    cancelled_after_payment killing "payment" at "payment.after_refund";
    cancelled_after_payment_and_refund_not_sent killing "payment" at "payment.before_refund";
    expired_while_a_charge_is_open killing "inventory" at "relay.after_ack";
    charged_and_the_gateway_never_answered killing "payment" at "payment.before_charge";
    charged_and_the_gateway_answered_500 killing "payment" at "payment.after_charge";
    webhooks_twice_late_disordered_and_forged killing "payment" at "webhook.after_insert";
    shipped_and_delivered killing "order" at "relay.after_ack";
}

/// Arms in which a part of the stack is stopped or killed anyway; doubled as well.
macro_rules! disturbed_arms {
    ($($arm:ident;)*) => {$(
        mod $arm {
            use super::*;

            #[tokio::test(flavor = "multi_thread")]
            async fn as_it_comes() {
                Scene::play(Variation::Disturbed { twice: false }, arms::$arm).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn with_every_event_twice() {
                Scene::play(Variation::Disturbed { twice: true }, arms::$arm).await;
            }
        }
    )*};
}

disturbed_arms! {
    cancelled_before_the_reservation;
    late_payment_takes_the_stock_again;
    late_payment_is_refunded;
}
