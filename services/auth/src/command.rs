//! `auth create-user`: the first admin, and demo users.

use anyhow::{Context, bail, ensure};
use clap::Parser;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use proto_events::ids::SellerId;
use runtime::config;
use runtime::db;
use uuid::Uuid;
use web::token::Role;

use crate::domain::{Grant, Refused, email_key, role_named};
use crate::passwords::Passwords;
use crate::schema::users::dsl;
use crate::store::{self, NewUser, UserRow};
use crate::{Config, migrations, sessions};

/// Where the password comes from: arguments can be read by everybody on the machine.
const PASSWORD: &str = "WAYBILL_PASSWORD";

#[derive(Debug, Parser)]
#[command(name = "auth")]
enum Arguments {
    /// Creates a user, or changes the one with this e-mail to be as said. The password is read from WAYBILL_PASSWORD.
    CreateUser(Wanted),
}

#[derive(Debug, clap::Args)]
struct Wanted {
    #[arg(long)]
    email: String,
    #[arg(long)]
    name: String,
    /// CUSTOMER, SELLER or ADMIN.
    #[arg(long, value_parser = role)]
    role: Role,
    /// Of a SELLER; made when it is left out.
    #[arg(long)]
    seller_id: Option<SellerId>,
}

fn role(name: &str) -> Result<Role, String> {
    role_named(name).ok_or_else(|| "must be CUSTOMER, SELLER or ADMIN".to_owned())
}

pub(crate) async fn run(args: &[String]) -> anyhow::Result<()> {
    let program = std::iter::once("auth".to_owned());
    let arguments = match Arguments::try_parse_from(program.chain(args.iter().cloned())) {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => bail!("{error}"),
        Err(help) => {
            print!("{help}");
            return Ok(());
        }
    };
    let Arguments::CreateUser(wanted) = arguments;
    let password = std::env::var(PASSWORD).with_context(|| format!("{PASSWORD} must hold the password"))?;
    ensure!((8..=128).contains(&password.chars().count()), "{PASSWORD} must have 8 to 128 characters");
    let config = config::read(Config::read)?;
    db::migrate(&config.common.database_url, migrations()).await?;
    let mut conn = db::connect(&config.common.database_url).await?;
    println!("{}", create_user(&mut conn, &wanted, &password, config.bcrypt_cost).await?);
    Ok(())
}

/// Says in words what was done.
async fn create_user(
    conn: &mut AsyncPgConnection,
    wanted: &Wanted,
    password: &str,
    bcrypt_cost: u32,
) -> anyhow::Result<String> {
    let passwords = Passwords::new(bcrypt_cost)?;
    let known = store::by_email(conn, &email_key(&wanted.email)).await?;
    let keeps_password = match &known {
        Some(user) => passwords.verify(password, Some(&user.password_hash)).await?,
        None => false,
    };
    let password_hash = if keeps_password { None } else { Some(passwords.hash(password).await?) };
    conn.transaction::<_, anyhow::Error, _>(async |conn| match known {
        Some(user) => change(conn, &user, wanted, password_hash.as_deref()).await,
        None => insert(conn, wanted, password_hash.as_deref().unwrap_or_default()).await,
    })
    .await
}

fn grant(before: &Grant, wanted: &Wanted, other_admins: usize) -> anyhow::Result<Grant> {
    let fresh = SellerId(Uuid::now_v7());
    before.change(&[wanted.role], wanted.seller_id, fresh, other_admins).map_err(|refused| match refused {
        Refused::SellerIdWithoutRole => anyhow::anyhow!("--seller-id goes with --role SELLER only"),
        Refused::LastAdmin => anyhow::anyhow!("nobody else is an administrator"),
    })
}

async fn insert(conn: &mut AsyncPgConnection, wanted: &Wanted, password_hash: &str) -> anyhow::Result<String> {
    let grant = grant(&Grant::customer(), wanted, 0)?;
    let new = NewUser {
        id: Uuid::now_v7(),
        email: &wanted.email,
        email_key: &email_key(&wanted.email),
        name: &wanted.name,
        password_hash,
        roles: store::role_names(&grant.roles),
        seller_id: grant.seller_id.map(|seller| seller.0),
        event_seq: 1,
    };
    let user = store::register(conn, new, None).await?;
    Ok(format!("{} created: {}", user.email, user.user_id()))
}

async fn change(
    conn: &mut AsyncPgConnection,
    user: &UserRow,
    wanted: &Wanted,
    password_hash: Option<&str>,
) -> anyhow::Result<String> {
    let (user, other_admins) =
        store::lock_for_roles(conn, user.user_id()).await?.context("the user was deleted meanwhile")?;
    let grant = grant(&user.grant(), wanted, other_admins)?;
    let new_roles = grant != user.grant();
    if new_roles {
        store::save_grant(conn, &user, &grant, None, None).await?;
    }
    if let Some(password_hash) = password_hash {
        store::save_password(conn, user.user_id(), password_hash).await?;
        sessions::revoke_all(conn, user.user_id()).await?;
    }
    let new_name = user.name != wanted.name;
    if new_name {
        let renamed = (dsl::name.eq(&wanted.name), dsl::version.eq(dsl::version + 1));
        diesel::update(dsl::users.find(user.id)).set(renamed).execute(conn).await?;
    }
    let unchanged = !new_roles && !new_name && password_hash.is_none();
    Ok(format!("{} {}: {}", user.email, if unchanged { "unchanged" } else { "changed" }, user.user_id()))
}
