//! What is behind links, on pages and as pictures: to whom it is shown, and who is offered to take it away.

use reqwest::Method;

use crate::instance::{Instance, on_both};
use crate::world::{World, form, populate};

/// Something that was found behind a link, with a picture; returns the picture's key.
async fn found(instance: &Instance, id: u8, title: &str) -> String {
    let key = format!("{id:032x}");
    let hash = if instance.database.is_postgres() { r"'\x00'::bytea" } else { "x'00'" };
    let row = format!(
        "insert into previews (id, url_hash, kind, site_name, title, description, picture_key, picture_size, width, height,
            fetched_at, expires_at) values ({id}, {hash}, 1, 'A site', '{title}', 'Words', '{key}', 6, 800, 400, 0, 0)"
    );
    instance.database.look().await.run(&row).await;
    std::fs::write(instance.database.folder.path().join(format!("files/{id}")), "GIF89a").unwrap();
    key
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_on_the_page_and_those_who_may_take_it_away_without_script() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let key = found(instance, 78, "A <b>page</b>").await;
        let (channel, message) = (&world.channel, &world.members_message);
        let shown = format!(
            "insert into embeds (channel_id, message_id, place, url, preview_id)
            values ({channel}, {message}, 0, 'https://a.example/?a=1&b=2', 78)"
        );
        let mut rows = instance.database.look().await;
        rows.run(&shown).await;
        let link = format!("update messages set content = 'https://a.example/' where channel_id = {channel} and id = {message}");
        rows.run(&link).await;
        let path = format!("/channels/{}/{channel}", world.guild);
        let offer = "aria-label=\"Remove preview\"";
        for (who, client, may) in [
            ("the author", &world.people.member, true),
            ("the owner", &world.people.owner, true),
            ("another", &world.people.other, false),
        ] {
            let page = client.page(&path).await.body;
            for part in [
                "A &lt;b&gt;page&lt;/b&gt;",
                "href=\"https://a.example/?a=1&amp;b=2\" target=\"_blank\" rel=\"noopener noreferrer nofollow\"",
                &format!("src=\"/embeds/{key}\""),
                "width=\"800\" height=\"400\"",
                "A site",
            ] {
                assert!(page.contains(part), "{who} does not see {part} in {page}");
            }
            assert_eq!(page.contains(offer), may, "{who}");
        }
        let fields = form(&[("channel_id", channel), ("message_id", message)]);
        let refused = world.people.other.form(&path, "/api/previews/suppress", &fields).await;
        assert_eq!(refused.status, 403);
        let removed = world.people.member.form(&path, "/api/previews/suppress", &fields).await;
        assert!(removed.status.is_redirection(), "{removed:?}");
        let page = world.people.other.page(&path).await.body;
        assert!(!page.contains("A site") && !page.contains("/embeds/"), "{page}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_behind_a_link_is_for_those_who_are_signed_in_and_know_its_key() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let key = found(instance, 77, "").await;
        for (method, path, expected) in [
            (Method::GET, format!("/embeds/{key}"), [401, 401, 200, 200, 200, 200]),
            (Method::HEAD, format!("/embeds/{key}"), [401, 401, 200, 200, 200, 200]),
            (Method::GET, format!("/embeds/{}", key.replace('0', "1")), [401, 401, 404, 404, 404, 404]),
            (Method::GET, "/embeds/77".to_owned(), [401, 401, 404, 404, 404, 404]),
            (Method::GET, "/embeds/..%2fharmony.db".to_owned(), [401, 401, 404, 404, 404, 404]),
            (Method::POST, format!("/embeds/{key}"), [405; 6]),
        ] {
            for ((who, client), expected) in world.people.columns().into_iter().zip(expected) {
                let headers = [("sec-fetch-site", "same-origin")];
                let answer = client.request(method.clone(), &path, &headers, "").await;
                assert_eq!(answer.status.as_u16(), expected, "{method} {path} as {who}: {}", answer.body);
                if expected == 200 {
                    let header = |name| answer.header(name).unwrap_or_default();
                    assert_eq!(header("content-type"), "image/gif");
                    assert_eq!(header("cache-control"), "private, max-age=31536000, immutable");
                    assert_eq!(header("x-content-type-options"), "nosniff");
                    assert!(header("content-security-policy").starts_with("sandbox; default-src 'none'"));
                }
            }
        }
    })
    .await;
}
