//! What is behind the link of a message is found out. The room that asks other sites does not run in histories: it would tell
//! while somebody compares.

use backend::store::previews::{self, Found, Shown};
use backend::store::{channels, messages};
use protocol::entity::EmbedKind;
use protocol::event::Event;
use protocol::{ChannelId, MessageId, Result, markup};
use rig::TestApp;

/// Shows a page behind the first link of a message, as that room does.
pub(crate) async fn find(app: &TestApp, channel: ChannelId, message: MessageId, number: usize) -> Result<()> {
    let id = app.state.store.snowflakes().next();
    let found = Found {
        kind: Some(EmbedKind::Link),
        site_name: "A site".to_owned(),
        title: format!("page {number}"),
        description: String::new(),
        picture: None,
    };
    let write = app.state.store.write(move |tx| {
        Box::pin(async move {
            let Some(stream) = channels::stream(tx, channel).await? else { return Ok(()) };
            tx.lock(stream).await?;
            let Some(said) = messages::get(tx, channel, message).await? else { return Ok(()) };
            let Some(url) = markup::shown_links(&said.content).into_iter().next() else { return Ok(()) };
            if channels::stream(tx, channel).await?.is_none()
                || previews::is_suppressed(tx, channel, message).await? != Some(false)
            {
                return Ok(());
            }
            previews::insert(tx, id, &url, &found, (0, i64::MAX), u64::MAX).await?;
            previews::show(tx, channel, message, &[Shown { url, preview: id }]).await?;
            let embeds = previews::of_message(tx, channel, message).await?;
            tx.emit(stream, Event::MessageEmbeds { channel_id: channel, message_id: message, embeds })
                .await?;
            Ok(())
        })
    });
    write.await
}
