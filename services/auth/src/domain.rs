//! The rules. Pure: what is known comes in as arguments.

use chrono::{DateTime, TimeDelta, Utc};
use proto_events::ids::SellerId;
use web::token::Role;

/// A used refresh token works again for this long: the answer was lost, or a second tab was as fast.
pub const REUSE_GRACE: TimeDelta = TimeDelta::seconds(10);

/// What a user may do, and for which seller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Each once, in the order of [`Role`].
    pub roles: Vec<Role>,
    /// Set exactly when SELLER is among the roles.
    pub seller_id: Option<SellerId>,
}

/// Why roles cannot be given like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// A seller's id for somebody who is no seller.
    SellerIdWithoutRole,
    /// Nobody could give out roles any more.
    LastAdmin,
}

impl Grant {
    /// What somebody has who just registered.
    pub fn customer() -> Self {
        Self { roles: vec![Role::Customer], seller_id: None }
    }

    fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The grant after a change. A new SELLER without a `seller_id` keeps the one they had, or becomes `fresh`.
    ///
    /// # Errors
    /// See [`Refused`]. `other_admins` counts those besides this user.
    pub fn change(
        &self,
        wanted: &[Role],
        seller_id: Option<SellerId>,
        fresh: SellerId,
        other_admins: usize,
    ) -> Result<Self, Refused> {
        let in_order = [Role::Customer, Role::Seller, Role::Admin].into_iter();
        let roles: Vec<Role> = in_order.filter(|role| wanted.contains(role)).collect();
        let sells = roles.contains(&Role::Seller);
        if seller_id.is_some() && !sells {
            return Err(Refused::SellerIdWithoutRole);
        }
        if self.has(Role::Admin) && !roles.contains(&Role::Admin) && other_admins == 0 {
            return Err(Refused::LastAdmin);
        }
        let seller_id = sells.then(|| seller_id.or(self.seller_id).unwrap_or(fresh));
        Ok(Self { roles, seller_id })
    }
}

/// The name of a role in tokens, events and the database.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Customer => "CUSTOMER",
        Role::Seller => "SELLER",
        Role::Admin => "ADMIN",
    }
}

/// The role of a name.
pub fn role_named(name: &str) -> Option<Role> {
    [Role::Customer, Role::Seller, Role::Admin].into_iter().find(|role| role_name(*role) == name)
}

/// How an e-mail is told from another: its case does not count.
pub fn email_key(email: &str) -> String {
    email.to_lowercase()
}

/// What is to be done about a refresh token that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Give out a successor.
    Rotate,
    /// It is too old; nothing else is wrong with it.
    Expired,
    /// It was exchanged before, and not just now: somebody else has a copy, and all of its family goes.
    Stolen,
}

/// Judges a refresh token by when it was first used and when it expires.
pub fn judge(used_at: Option<DateTime<Utc>>, expires_at: DateTime<Utc>, now: DateTime<Utc>) -> Verdict {
    match used_at {
        Some(used_at) if now - used_at > REUSE_GRACE => Verdict::Stolen,
        _ if now >= expires_at => Verdict::Expired,
        _ => Verdict::Rotate,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const FRESH: SellerId = SellerId(Uuid::from_u128(1));
    const GIVEN: SellerId = SellerId(Uuid::from_u128(2));

    #[test]
    fn a_new_seller_gets_a_seller_id() {
        let granted = Grant::customer().change(&[Role::Seller, Role::Customer], None, FRESH, 0);
        assert_eq!(granted, Ok(Grant { roles: vec![Role::Customer, Role::Seller], seller_id: Some(FRESH) }));
    }

    #[test]
    fn a_seller_keeps_the_seller_id_unless_another_is_given() {
        let seller = Grant { roles: vec![Role::Seller], seller_id: Some(GIVEN) };
        assert_eq!(seller.change(&[Role::Seller, Role::Seller], None, FRESH, 0).as_ref(), Ok(&seller));
        let moved = seller.change(&[Role::Seller], Some(FRESH), FRESH, 0).map(|grant| grant.seller_id);
        assert_eq!(moved, Ok(Some(FRESH)));
        assert_eq!(seller.change(&[Role::Customer], None, FRESH, 0), Ok(Grant::customer()));
    }

    #[test]
    fn a_seller_id_needs_the_role() {
        assert_eq!(Grant::customer().change(&[Role::Admin], Some(GIVEN), FRESH, 0), Err(Refused::SellerIdWithoutRole));
    }

    #[test]
    fn the_last_admin_stays_one() {
        let admin = Grant { roles: vec![Role::Admin], seller_id: None };
        assert_eq!(admin.change(&[Role::Customer], None, FRESH, 0), Err(Refused::LastAdmin));
        assert_eq!(admin.change(&[Role::Customer], None, FRESH, 1), Ok(Grant::customer()));
        assert!(admin.change(&[Role::Customer, Role::Admin], None, FRESH, 0).is_ok());
    }

    #[test]
    fn a_used_token_is_good_for_the_grace_only() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let later = now + TimeDelta::days(1);
        let used = |ago| Some(now - ago);
        assert_eq!(judge(None, later, now), Verdict::Rotate);
        assert_eq!(judge(used(REUSE_GRACE), later, now), Verdict::Rotate);
        assert_eq!(judge(used(REUSE_GRACE + TimeDelta::milliseconds(1)), later, now), Verdict::Stolen);
        assert_eq!(judge(None, now, now), Verdict::Expired);
        assert_eq!(judge(used(TimeDelta::days(1)), now, now), Verdict::Stolen);
        // Its use was recorded by a transaction that began after this one.
        assert_eq!(judge(used(TimeDelta::seconds(-1)), later, now), Verdict::Rotate);
    }
}
