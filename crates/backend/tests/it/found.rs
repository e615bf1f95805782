//! Members that are found by the beginning of their names.

use backend::actions::{accounts, members};
use protocol::{Error, GuildId};
use rig::{Person, TestApp, on_both};

use crate::scene::{Scene, refused};

async fn found(app: &TestApp, who: &Person, guild: GuildId, query: &str) -> Vec<String> {
    let found = members::find(&app.state, &who.actor, guild, query).await.unwrap();
    found.into_iter().map(|user| user.username).collect()
}

#[tokio::test]
async fn members_are_found_by_either_name_and_nobody_else_is() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (bob, odd) = tokio::join!(app.person("bob"), app.person("o_dd"));
        s.ana.bring(s.guild.id, &bob).await;
        s.ana.bring(s.guild.id, &odd).await;
        accounts::update_profile(&app.state, &odd.actor, "Böse Zunge", "").await.unwrap();
        let guild = s.guild.id;
        assert_eq!(found(app, &s.bo, guild, "bo").await, ["bo", "bob"]);
        assert_eq!(found(app, &s.bo, guild, " @BO").await, ["bo", "bob"], "as people type it");
        assert_eq!(found(app, &s.bo, guild, "BÖS").await, ["o_dd"]);
        assert_eq!(found(app, &s.bo, guild, "o_").await, ["o_dd"]);
        for nobody in ["cy", "dee", "%", "_", "b%", "\\", "", "  "] {
            assert_eq!(found(app, &s.bo, guild, nobody).await, [""; 0], "{nobody:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn strangers_find_no_members() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        for stranger in s.strangers() {
            for query in ["ana", ""] {
                let attempt = members::find(&app.state, &stranger.actor, s.guild.id, query);
                assert_eq!(refused(app, attempt).await, Error::NotFound);
            }
        }
    })
    .await;
}
