CREATE TABLE users (
    id             uuid PRIMARY KEY,
    email          text NOT NULL CHECK (char_length(email) <= 254 AND email ~ '^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$'),
    email_key      text NOT NULL CONSTRAINT users_email_key UNIQUE,
    name           text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    password_hash  text NOT NULL,
    roles          text[] NOT NULL CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['CUSTOMER', 'SELLER', 'ADMIN']),
    seller_id      uuid,
    email_verified boolean NOT NULL DEFAULT false,
    version        bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    event_seq      bigint NOT NULL DEFAULT 0 CHECK (event_seq >= 0),
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_seller CHECK (('SELLER' = ANY (roles)) = (seller_id IS NOT NULL))
);
CREATE INDEX users_admin ON users (id) WHERE 'ADMIN' = ANY (roles);

COMMENT ON TABLE users IS 'Who may sign in, and what they may do.';
COMMENT ON COLUMN users.id IS 'UUIDv7; `usr_` and its hex digits outside.';
COMMENT ON COLUMN users.email IS 'As its owner wrote it.';
COMMENT ON COLUMN users.email_key IS 'The e-mail in lower case: who signs in need not remember how it was written.';
COMMENT ON COLUMN users.name IS 'For people, 1 to 100 characters.';
COMMENT ON COLUMN users.password_hash IS 'Scheme, then bcrypt: v1$2b$… is bcrypt over the base64 of an HMAC-SHA-384 of the password.';
COMMENT ON COLUMN users.roles IS 'CUSTOMER, SELLER, ADMIN; at least one.';
COMMENT ON COLUMN users.seller_id IS 'The seller for whom a SELLER acts; several users may act for one.';
COMMENT ON COLUMN users.email_verified IS 'Whether the owner has shown that the e-mail is theirs.';
COMMENT ON COLUMN users.version IS 'The ETag; grows with every change of what the API shows.';
COMMENT ON COLUMN users.event_seq IS 'aggregate_seq of the last event about this user.';
COMMENT ON COLUMN users.created_at IS 'When it was registered.';
COMMENT ON COLUMN users.updated_at IS 'When it was last changed.';

CREATE TABLE refresh_family (
    id           uuid PRIMARY KEY,
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at      timestamptz NOT NULL,
    idle_ends_at timestamptz NOT NULL CHECK (idle_ends_at <= ends_at)
) WITH (fillfactor = 70);
CREATE INDEX refresh_family_user ON refresh_family (user_id, created_at);
CREATE INDEX refresh_family_idle_ends_at ON refresh_family (idle_ends_at);

COMMENT ON TABLE refresh_family IS 'One sign-in and all refresh tokens that descend from it. Revoking it deletes it.';
COMMENT ON COLUMN refresh_family.id IS 'UUIDv7.';
COMMENT ON COLUMN refresh_family.user_id IS 'Who signed in.';
COMMENT ON COLUMN refresh_family.created_at IS 'When they did; of too many families the oldest go.';
COMMENT ON COLUMN refresh_family.ends_at IS 'They have to sign in again after this, however often they refresh.';
COMMENT ON COLUMN refresh_family.idle_ends_at IS 'When the newest token expires; the row may go after this.';

CREATE TABLE refresh_token (
    hash       bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    family_id  uuid NOT NULL REFERENCES refresh_family ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX refresh_token_family ON refresh_token (family_id);
CREATE INDEX refresh_token_expires_at ON refresh_token (expires_at);

COMMENT ON TABLE refresh_token IS 'Refresh tokens by their hash. Used ones are kept until they would have expired: one that comes back was stolen.';
COMMENT ON COLUMN refresh_token.hash IS 'SHA-256 of the token, which itself is nowhere.';
COMMENT ON COLUMN refresh_token.family_id IS 'The sign-in it descends from.';
COMMENT ON COLUMN refresh_token.created_at IS 'When it was given out.';
COMMENT ON COLUMN refresh_token.expires_at IS 'When it stops working if nobody uses it.';
COMMENT ON COLUMN refresh_token.used_at IS 'When it was first exchanged for a successor.';
