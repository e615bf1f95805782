//! Whom a message is for.

use serde::{Deserialize, Serialize};

use crate::{RoleId, UserId};

/// Whom a message addresses, or does not any more: for their counters, and so without its author.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Addressed {
    /// People.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    /// Everybody who can view the channel.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mention_everyone: bool,
    /// All with one of these roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mention_roles: Vec<RoleId>,
}

impl Addressed {
    /// Whether somebody with these roles is among them.
    pub fn includes(&self, user: UserId, roles: &[RoleId]) -> bool {
        self.mention_everyone
            || self.mentions.contains(&user)
            || self.mention_roles.iter().any(|role| roles.contains(role))
    }

    /// Those who are not among others.
    #[must_use]
    pub fn without(mut self, others: &Self) -> Self {
        self.mentions.retain(|user| !others.mentions.contains(user));
        self.mention_everyone &= !others.mention_everyone;
        self.mention_roles.retain(|role| !others.mention_roles.contains(role));
        self
    }

    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
