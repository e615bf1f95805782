//! The inbox at its address, for readers without script.

use crate::instance::on_both;
use crate::world::{World, form, populate};

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_is_on_the_page_at_its_address_and_is_ones_own() {
    on_both(&[], async |instance| {
        populate(instance).await;
        let world = World::new(instance).await;
        let (owner, member) = (&world.people.owner, &world.people.member);
        let channel = format!("/channels/{}/{}", world.guild, world.channel);
        for (who, text) in [(owner, "<b>dinner</b>, @everyone"), (member, "not even @everyone")] {
            let says = form(&[("channel_id", &world.channel), ("content", text)]);
            assert_eq!(who.call("/api/messages/send", &says).await.status, 200);
        }
        let page = member.page(&format!("{channel}?panel=inbox")).await;
        let hits = page.body.matches("class=\"search-hit\"").count();
        assert_eq!((page.status.as_u16(), hits), (200, 1), "{}", page.body);
        // In the list and in the conversation; what calls nobody is text.
        assert_eq!(page.body.matches("<span class=\"mention\">@everyone<").count(), 2, "{}", page.body);
        assert!(
            page.body.contains("not even @everyone") && !page.body.contains("<b>dinner"),
            "{}",
            page.body
        );
        for (who, query) in [(owner, "panel=inbox"), (member, "panel=inbox&only=names&before=x")] {
            let page = who.page(&format!("{channel}?{query}")).await;
            assert_eq!(page.status, 200);
            assert!(page.body.contains("No mentions"), "{}", page.body);
        }
        let odd = member.call("/api/inbox/mentions", &form(&[("before", "x")])).await;
        assert_eq!(odd.status, 400, "{odd:?}");
    })
    .await;
}
