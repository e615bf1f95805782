//! Invites: making, showing, using, ending.

use http::request::Parts;
use protocol::entity::{Invite, InvitePreview};
use protocol::error::{Field, Problem};
use protocol::parse::InviteCode;
use protocol::permissions::Permissions;
use protocol::{Error, GuildId, InviteId, Result, Stream, UserId, limits};
use rand::TryRng;
use rand::rngs::SysRng;

use super::access::{in_guild, in_guild_for_write, require};
use super::members;
use crate::AppState;
use crate::auth::session::Actor;
use crate::auth::{peer, session};
use crate::store::{Tx, guilds, invites, members as membership, now_ms};

/// 96 random bits in 16 characters of the URL alphabet: cannot be guessed at any rate of look-ups.
fn new_code() -> Result<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut bytes = [0_u8; 16];
    SysRng.try_fill_bytes(&mut bytes).map_err(|_| Error::Internal)?;
    Ok(bytes
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 64)))
        .map(|byte| char::from(*byte))
        .collect())
}

/// A number of a form: empty or 0 means without limit.
fn parse_limit(text: &str, field: Field, max: i64) -> Result<Option<i64>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<i64>() {
        Ok(0) => Ok(None),
        Ok(number) if (1..=max).contains(&number) => Ok(Some(number)),
        _ => Err(Error::Invalid { field, problem: Problem::Unknown }),
    }
}

/// Makes an invite.
pub async fn create(
    state: &AppState,
    actor: &Actor,
    guild: GuildId,
    max_age_s: &str,
    max_uses: &str,
) -> Result<Invite> {
    state.rates.change(actor.user_id)?;
    let max_age = parse_limit(max_age_s, Field::MaxAge, limits::INVITE_MAX_AGE_S)?;
    let max_uses = parse_limit(max_uses, Field::MaxUses, limits::INVITE_MAX_USES)?;
    let (user, code) = (actor.user_id, new_code()?);
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            require(in_guild_for_write(tx, user, guild).await?, Permissions::CREATE_INVITE)?;
            let expires_at = max_age.map(|seconds| tx.now_ms() + seconds * 1000);
            make(tx, invites::NewInvite { code: &code, guild, inviter: user, expires_at, max_uses }).await
        })
    });
    change.await
}

async fn make(tx: &mut Tx, new: invites::NewInvite<'_>) -> Result<Invite> {
    let now = tx.now_ms();
    if invites::live_of_guild(tx, new.guild, now).await?.len() >= limits::INVITES_PER_GUILD {
        return Err(Error::LimitReached);
    }
    invites::insert(tx, &new).await?;
    invites::live_by_code(tx, new.code, now).await?.ok_or(Error::Internal)
}

/// One's own invite without limits, if there is one.
pub async fn find_standing(state: &AppState, actor: &Actor, guild: GuildId) -> Result<Option<Invite>> {
    state.rates.read(actor.user_id)?;
    let mut reader = state.store.read().await?;
    require(in_guild(&mut reader, actor.user_id, guild).await?, Permissions::CREATE_INVITE)?;
    invites::standing(&mut reader, guild, actor.user_id).await
}

/// The same, made if there is none.
pub async fn standing(state: &AppState, actor: &Actor, guild: GuildId) -> Result<Invite> {
    if let Some(invite) = find_standing(state, actor, guild).await? {
        return Ok(invite);
    }
    state.rates.change(actor.user_id)?;
    let (user, code) = (actor.user_id, new_code()?);
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            require(in_guild_for_write(tx, user, guild).await?, Permissions::CREATE_INVITE)?;
            // They may have asked twice.
            if let Some(invite) = invites::standing(tx, guild, user).await? {
                return Ok(invite);
            }
            let (expires_at, max_uses) = (None, None);
            make(tx, invites::NewInvite { code: &code, guild, inviter: user, expires_at, max_uses }).await
        })
    });
    change.await
}

/// A guild's live invites, for those who manage it.
pub async fn list(state: &AppState, actor: &Actor, guild: GuildId) -> Result<Vec<Invite>> {
    state.rates.read(actor.user_id)?;
    let mut reader = state.store.read().await?;
    require(in_guild(&mut reader, actor.user_id, guild).await?, Permissions::MANAGE_GUILD)?;
    invites::live_of_guild(&mut reader, guild, now_ms()).await
}

/// Ends an invite: one's own, or any of a guild one manages.
pub async fn revoke(state: &AppState, actor: &Actor, invite: InviteId) -> Result<()> {
    state.rates.change(actor.user_id)?;
    let user = actor.user_id;
    let change = state.store.write(move |tx| {
        Box::pin(async move {
            let (guild, inviter) = invites::guild_of(tx, invite).await?.ok_or(Error::NotFound)?;
            let permissions = in_guild_for_write(tx, user, guild).await?;
            if inviter != user {
                require(permissions, Permissions::MANAGE_GUILD)?;
            }
            invites::delete(tx, invite).await
        })
    });
    change.await
}

/// What an invite leads to, for anybody who holds it.
pub async fn preview(state: &AppState, parts: &Parts, code: &str) -> Result<InvitePreview> {
    state.rates.invite_lookup(peer::address(&state.config, parts))?;
    let code = InviteCode::parse(code)?;
    let caller = session::actor(state, parts).await.ok();
    let mut reader = state.store.read().await?;
    let invite = invites::by_code(&mut reader, code.as_str()).await?.ok_or(Error::InviteGone)?;
    let guild = guilds::by_id(&mut reader, invite.guild_id).await?.ok_or(Error::InviteGone)?;
    let is_member = match caller {
        Some(actor) => membership::is_member(&mut reader, guild.id, actor.user_id).await?,
        None => false,
    };
    // Whoever registered with the last use of an invite comes back to it as a member.
    if !is_member && invites::live_by_code(&mut reader, code.as_str(), now_ms()).await?.is_none() {
        return Err(Error::InviteGone);
    }
    Ok(InvitePreview {
        code: invite.code,
        guild_id: guild.id,
        member_count: guilds::member_count(&mut reader, guild.id).await?,
        guild_name: guild.name,
        inviter: invite.inviter.display_name,
        expires_at: invite.expires_at,
        uses_left: invite.max_uses.map(|max| max.saturating_sub(invite.uses)),
        is_member,
        signed_in: caller.is_some(),
    })
}

/// Joins. Who is in already uses nothing up.
pub async fn join(state: &AppState, actor: &Actor, code: &str) -> Result<GuildId> {
    state.rates.change(actor.user_id)?;
    let code = InviteCode::parse(code)?.into_string();
    let user = actor.user_id;
    state.store.write(move |tx| Box::pin(async move { join_in(tx, user, &code).await })).await
}

/// The same inside a write. Members get there also by an invite that is used up, maybe by themselves.
pub(super) async fn join_in(tx: &mut Tx, user: UserId, code: &str) -> Result<GuildId> {
    let invite = invites::by_code(tx, code).await?.ok_or(Error::InviteGone)?;
    tx.lock(Stream::Guild(invite.guild_id)).await?;
    if membership::is_member(tx, invite.guild_id, user).await? {
        return Ok(invite.guild_id);
    }
    if !invites::take_use(tx, invite.id, tx.now_ms()).await? {
        return Err(Error::InviteGone);
    }
    members::join(tx, invite.guild_id, user).await?;
    Ok(invite.guild_id)
}

#[cfg(test)]
mod tests {
    use protocol::error::Field;

    use super::{new_code, parse_limit};

    #[test]
    fn codes_are_long_and_differ() {
        let (one, other) = (new_code().unwrap(), new_code().unwrap());
        assert!(one.len() == 16 && one != other);
    }

    #[test]
    fn a_limit_is_a_number_in_range() {
        assert_eq!(parse_limit("", Field::MaxUses, 100), Ok(None));
        assert_eq!(parse_limit("0", Field::MaxUses, 100), Ok(None));
        assert_eq!(parse_limit(" 7 ", Field::MaxUses, 100), Ok(Some(7)));
        for text in ["-1", "101", "x", "1e3"] {
            assert!(parse_limit(text, Field::MaxUses, 100).is_err(), "{text}");
        }
    }
}
