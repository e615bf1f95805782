//! Files of messages: who may upload, send, see and take back which, and what becomes of them.

use backend::actions::attachments::{file, preview, remove, upload};
use backend::actions::{channels, guilds, members, messages};
use backend::jobs;
use protocol::entity::{Attachment, NewAttachment};
use protocol::error::{Field, Problem};
use protocol::permissions::{Permissions, Subject};
use protocol::{AttachmentId, ChannelId, Error, Result, limits};
use rig::{Person, TestApp, on_both, on_both_with};

use crate::scene::{Scene, close, except, refused};

/// Whether somebody gets a file.
async fn sees(app: &TestApp, person: &Person, of: &Attachment) -> bool {
    match file(&app.state, &person.actor, of.id, &of.filename).await {
        Ok(served) => {
            assert!(served.path.exists(), "{served:?}");
            true
        }
        Err(Error::NotFound) => false,
        Err(other) => panic!("{other}"),
    }
}

fn on_disk(app: &TestApp, id: AttachmentId) -> bool {
    app.state.media.folder().file(id).exists()
}

fn files_on_disk(app: &TestApp) -> usize {
    app.state.media.folder().ids().unwrap().len()
}

/// What the counters say, and what the rows add up to: everybody's must be the same.
async fn room(app: &TestApp) -> i64 {
    let mut look = app.database().look().await;
    let counted = look.number("select coalesce(max(bytes), 0) from stored where owner_id = 0").await;
    let sum = "select cast(coalesce(sum(size + preview_size), 0) as bigint) from attachments";
    assert_eq!(counted, look.number(sum).await);
    let wrong = "select count(*) from stored s where s.owner_id > 0 and s.bytes <>
        (select coalesce(sum(a.size + a.preview_size), 0) from attachments a where a.author_id = s.owner_id)";
    assert_eq!(look.number(wrong).await, 0);
    counted
}

fn named(of: &Attachment) -> NewAttachment {
    NewAttachment { id: of.id, description: String::new(), is_spoiler: false }
}

async fn send(
    app: &TestApp,
    person: &Person,
    channel: ChannelId,
    nonce: &str,
    files: &[NewAttachment],
) -> Result<protocol::entity::Message> {
    let draft = messages::Draft { content: "look", reply_to: None, nonce, attachments: files };
    messages::send(&app.state, &person.actor, channel, draft).await
}

#[tokio::test]
async fn a_file_is_uploaded_sent_and_seen_by_those_who_may_read_the_message() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let waiting = s.bo.upload(s.general, "notes.txt", "hello").await;
        assert_eq!((waiting.content_type.as_str(), waiting.size), ("text/plain", 5));
        assert!(sees(app, &s.bo, &waiting).await && !sees(app, &s.ana, &waiting).await);
        let alt = NewAttachment { id: waiting.id, description: " a\nnote ".into(), is_spoiler: true };
        let sent = send(app, &s.bo, s.general, "", &[alt]).await.unwrap();
        let expected = Attachment { description: "a note".into(), is_spoiler: true, ..waiting.clone() };
        assert_eq!(sent.attachments, std::slice::from_ref(&expected));
        assert_eq!(s.ana.history(s.general).await.messages.last().unwrap().attachments, [expected]);
        assert!(sees(app, &s.ana, &waiting).await && sees(app, &s.bo, &waiting).await);
        for stranger in s.strangers() {
            assert!(!sees(app, stranger, &waiting).await);
        }
        let other_name = file(&app.state, &s.bo.actor, waiting.id, "other.txt").await;
        assert_eq!(other_name, Err(Error::NotFound));
        assert_eq!(preview(&app.state, &s.bo.actor, waiting.id).await, Err(Error::NotFound));
        assert_eq!(room(app).await, 5);
    })
    .await;
}

#[tokio::test]
async fn strangers_and_those_who_may_not_attach_upload_nothing() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        for stranger in s.strangers() {
            let tries = stranger.try_upload(s.general, "a.txt", "a");
            assert_eq!(refused(app, tries).await, Error::NotFound);
        }
        for bit in [Permissions::ATTACH_FILES, Permissions::SEND_MESSAGES] {
            let bo = Subject::Member(s.bo.id());
            let waiting = s.bo.upload(s.general, "before.txt", "a").await;
            except(app, s.general, bo, Permissions::NONE, bit).await;
            assert_eq!(refused(app, s.bo.try_upload(s.general, "a.txt", "a")).await, Error::Forbidden);
            assert_eq!(refused(app, s.bo.try_show(s.general, "look", &[&waiting])).await, Error::Forbidden);
            except(app, s.general, bo, Permissions::NONE, Permissions::NONE).await;
        }
        close(app, &s.guild, s.general, &[]).await;
        assert_eq!(refused(app, s.bo.try_upload(s.general, "a.txt", "a")).await, Error::NotFound);
        assert_eq!(files_on_disk(app), 2, "what was refused leaves nothing");
    })
    .await;
}

#[tokio::test]
async fn whether_somebody_may_upload_is_known_before_the_body_is_read() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let untouchable = futures_util::stream::poll_fn(|_| -> std::task::Poll<Option<Result<_, ()>>> {
            panic!("the body was read")
        });
        let tries = upload(&app.state, &s.cy.actor, s.general, "a.txt", None, untouchable);
        assert_eq!(tries.await, Err(Error::NotFound));
        let untouchable = futures_util::stream::poll_fn(|_| -> std::task::Poll<Option<Result<_, ()>>> {
            panic!("the body was read")
        });
        let large = Some(26 * 1024 * 1024);
        let tries = upload(&app.state, &s.bo.actor, s.general, "a.txt", large, untouchable);
        assert_eq!(tries.await, Err(Error::TooLarge));
    })
    .await;
}

#[tokio::test]
async fn a_message_gets_only_what_its_author_uploaded_to_its_channel_and_once() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let other = s.ana.create_channel(s.guild.id, "other").await.id;
        let mine = s.bo.upload(s.general, "mine.txt", "a").await;
        let theirs = s.ana.upload(s.general, "theirs.txt", "a").await;
        let elsewhere = s.bo.upload(other, "elsewhere.txt", "a").await;
        let none = Attachment { id: AttachmentId::from_trusted(77), ..mine.clone() };
        for files in [&[&theirs][..], &[&elsewhere], &[&none], &[&mine, &mine], &[&mine, &theirs]] {
            let tries = s.bo.try_show(s.general, "look", files);
            assert_eq!(refused(app, tries).await, Error::AttachmentGone, "{files:?}");
        }
        s.bo.show(s.general, "", &[&mine]).await;
        assert_eq!(
            refused(app, s.bo.try_show(s.general, "look", &[&mine])).await,
            Error::AttachmentGone,
            "it is in use"
        );
        let taken_back = s.bo.upload(s.general, "back.txt", "a").await;
        remove(&app.state, &s.bo.actor, taken_back.id).await.unwrap();
        assert_eq!(
            refused(app, s.bo.try_show(s.general, "look", &[&taken_back])).await,
            Error::AttachmentGone
        );
    })
    .await;
}

#[tokio::test]
async fn a_message_has_files_or_text_and_no_more_than_ten() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let empty = Error::Invalid { field: Field::Content, problem: Problem::Empty };
        assert_eq!(refused(app, s.bo.try_show(s.general, " \n", &[])).await, empty);
        let mut files = Vec::new();
        for n in 0..=limits::ATTACHMENTS_PER_MESSAGE {
            files.push(s.bo.upload(s.general, &format!("{n}.txt"), format!("file {n}")).await);
        }
        let all: Vec<&Attachment> = files.iter().collect();
        let max = limits::ATTACHMENTS_PER_MESSAGE;
        let too_many = Error::Invalid { field: Field::Attachments, problem: Problem::TooMany { max } };
        assert_eq!(refused(app, s.bo.try_show(s.general, "", &all)).await, too_many);
        let sent = s.bo.show(s.general, "", &all[1..]).await;
        let read = s.ana.history(s.general).await.messages.pop().unwrap();
        assert_eq!(read.attachments, sent.attachments);
        let names: Vec<&str> = read.attachments.iter().map(|file| file.filename.as_str()).collect();
        let expected: Vec<String> = (1..=10).map(|n| format!("{n}.txt")).collect();
        assert_eq!(names, expected, "in the order they were given");
        // Without text it stays a message, with either it may be edited.
        let edit = |content| messages::edit(&app.state, &s.bo.actor, s.general, sent.id, content);
        assert_eq!(edit("words").await.unwrap().attachments.len(), 10);
        assert_eq!(edit("").await.unwrap().content, "");
        let plain = s.bo.say(s.general, "plain").await.id;
        let emptied = messages::edit(&app.state, &s.bo.actor, s.general, plain, " ");
        assert_eq!(refused(app, emptied).await, empty);
        let long = "x".repeat(limits::ALT_TEXT_CHARS + 1);
        let long = NewAttachment { id: files[0].id, description: long, is_spoiler: false };
        let long = refused(app, send(app, &s.bo, s.general, "", &[long])).await;
        assert!(matches!(long, Error::Invalid { field: Field::AltText, .. }), "{long:?}");
    })
    .await;
}

#[tokio::test]
async fn a_repeat_with_the_same_files_is_the_first_message_and_with_others_a_conflict() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (one, two) =
            (s.bo.upload(s.general, "1.txt", "a").await, s.bo.upload(s.general, "2.txt", "b").await);
        let first = send(app, &s.bo, s.general, "k", &[named(&one)]).await.unwrap();
        let before = app.content().await;
        assert_eq!(send(app, &s.bo, s.general, "k", &[named(&one)]).await.unwrap(), first);
        let told = NewAttachment { description: "a".into(), ..named(&one) };
        let hidden = NewAttachment { is_spoiler: true, ..named(&one) };
        for other in [vec![], vec![named(&two)], vec![named(&one), named(&two)], vec![told], vec![hidden]] {
            assert_eq!(send(app, &s.bo, s.general, "k", &other).await, Err(Error::NonceReused), "{other:?}");
        }
        assert_eq!(app.content().await, before);
        // What was refused has not used its key up.
        let gone = [named(&two), named(&one)];
        assert_eq!(send(app, &s.bo, s.general, "l", &gone).await, Err(Error::AttachmentGone));
        assert_eq!(send(app, &s.bo, s.general, "l", &[named(&two)]).await.unwrap().attachments.len(), 1);
        let crowd = s.bo.upload(s.general, "3.txt", "c").await;
        let crowd = [named(&crowd)];
        let tries = (0..10).map(|n| {
            let nonce = format!("m{n}");
            let (bo, general, crowd) = (&s.bo, s.general, &crowd);
            async move { send(app, bo, general, &nonce, crowd).await }
        });
        let all = futures_util::future::join_all(tries).await;
        assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 1, "{all:?}");
    })
    .await;
}

#[tokio::test]
async fn who_loses_sight_of_a_message_loses_its_files() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let of = s.ana.upload(s.general, "plan.txt", "secret").await;
        s.ana.show(s.general, "", &[&of]).await;
        assert!(sees(app, &s.bo, &of).await);
        let bo = Subject::Member(s.bo.id());
        for bit in [Permissions::READ_HISTORY, Permissions::VIEW_CHANNEL] {
            except(app, s.general, bo, Permissions::NONE, bit).await;
            assert!(!sees(app, &s.bo, &of).await);
            except(app, s.general, bo, Permissions::NONE, Permissions::NONE).await;
            assert!(sees(app, &s.bo, &of).await);
        }
        members::kick(&app.state, &s.ana.actor, s.guild.id, s.bo.id()).await.unwrap();
        assert!(!sees(app, &s.bo, &of).await && sees(app, &s.ana, &of).await);
    })
    .await;
}

#[tokio::test]
async fn a_file_of_a_conversation_is_nobody_elses_business() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let dm = s.ana.open_dm(&s.bo).await.id;
        let of = s.ana.upload(dm, "letter.txt", "dear bo").await;
        s.ana.show(dm, "", &[&of]).await;
        assert!(sees(app, &s.ana, &of).await && sees(app, &s.bo, &of).await);
        assert!(!sees(app, &s.cy, &of).await);
        assert_eq!(refused(app, s.cy.try_upload(dm, "a.txt", "a")).await, Error::NotFound);
    })
    .await;
}

#[tokio::test]
async fn files_are_unreachable_with_what_they_belonged_to_and_then_gone() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let other = s.ana.create_channel(s.guild.id, "other").await.id;
        let mut shown = Vec::new();
        for channel in [s.general, other, s.general] {
            let of = s.ana.upload(channel, "a.txt", "words").await;
            shown.push((of.clone(), s.ana.show(channel, "", &[&of]).await.id));
        }
        let waiting = s.ana.upload(other, "waiting.txt", "more words").await;
        let seen = async || {
            let mut seen = Vec::new();
            for (of, _) in &shown {
                seen.push(sees(app, &s.ana, of).await);
            }
            seen
        };
        messages::delete(&app.state, &s.ana.actor, s.general, shown[0].1).await.unwrap();
        assert_eq!(seen().await, [false, true, true], "at once");
        channels::delete(&app.state, &s.ana.actor, other).await.unwrap();
        assert_eq!(seen().await, [false, false, true]);
        assert!(!sees(app, &s.ana, &waiting).await);
        assert!(on_disk(app, shown[0].0.id), "the commit does not wait for the disk");
        jobs::run(&app.state).await.unwrap();
        assert_eq!(app.state.media.folder().ids().unwrap(), [shown[2].0.id]);
        assert_eq!(room(app).await, 5);
        guilds::delete(&app.state, &s.ana.actor, s.guild.id, "Lanternfish").await.unwrap();
        assert_eq!(seen().await, [false, false, false]);
        jobs::run(&app.state).await.unwrap();
        assert_eq!((files_on_disk(app), room(app).await), (0, 0));
        assert_eq!(app.database().look().await.number("select count(*) from attachments").await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_waits_too_long_for_its_message_expires() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (old, young) =
            (s.bo.upload(s.general, "old.txt", "a").await, s.bo.upload(s.general, "young.txt", "a").await);
        let aged = format!("update attachments set expires_at = 1000 where id = {}", old.id);
        app.database().look().await.run(&aged).await;
        assert!(!sees(app, &s.bo, &old).await);
        assert_eq!(refused(app, s.bo.try_show(s.general, "look", &[&old])).await, Error::AttachmentGone);
        jobs::run(&app.state).await.unwrap();
        assert_eq!(app.state.media.folder().ids().unwrap(), [young.id]);
        assert_eq!(room(app).await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_author_takes_a_file_back_and_nobody_else_does() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let (one, two) =
            (s.bo.upload(s.general, "1.txt", "a").await, s.bo.upload(s.general, "2.txt", "a").await);
        let waiting = s.bo.upload(s.general, "3.txt", "a").await;
        let sent = s.bo.show(s.general, "", &[&one, &two]).await;
        let take = |person: &Person, id| {
            let (state, actor) = (app.state.clone(), person.actor);
            async move { remove(&state, &actor, id).await }
        };
        assert_eq!(refused(app, take(&s.ana, one.id)).await, Error::Forbidden);
        assert_eq!(refused(app, take(&s.ana, waiting.id)).await, Error::NotFound);
        for stranger in s.strangers() {
            assert_eq!(refused(app, take(stranger, one.id)).await, Error::NotFound);
        }
        take(&s.bo, waiting.id).await.unwrap();
        take(&s.bo, one.id).await.unwrap();
        assert!(!sees(app, &s.ana, &one).await && sees(app, &s.ana, &two).await);
        let read = s.ana.history(s.general).await.messages.pop().unwrap();
        assert_eq!((read.id, read.attachments.len()), (sent.id, 1));
        let last = Error::Invalid { field: Field::Content, problem: Problem::Empty };
        assert_eq!(refused(app, take(&s.bo, two.id)).await, last, "nothing would be left of the message");
        jobs::run(&app.state).await.unwrap();
        assert_eq!(app.state.media.folder().ids().unwrap(), [two.id]);
        assert_eq!(refused(app, take(&s.bo, one.id)).await, Error::NotFound);
    })
    .await;
}

#[tokio::test]
async fn nobody_takes_more_room_than_there_is() {
    let mib = 1024 * 1024;
    let settings =
        [("HARMONY_FILE_MIB", "1"), ("HARMONY_FILES_PER_USER_MIB", "2"), ("HARMONY_FILES_IN_ALL_MIB", "3")];
    on_both_with(&settings, async |app| {
        let s = Scene::new(app).await;
        let bytes = |count: usize| vec![0_u8; count];
        assert_eq!(refused(app, s.bo.try_upload(s.general, "x", bytes(mib + 1))).await, Error::TooLarge);
        assert_eq!(files_on_disk(app), 0, "what was too large is not kept");
        let first = s.bo.upload(s.general, "1", bytes(mib)).await;
        s.bo.upload(s.general, "2", bytes(mib)).await;
        assert_eq!(refused(app, s.bo.try_upload(s.general, "3", bytes(1))).await, Error::QuotaReached);
        s.ana.upload(s.general, "1", bytes(mib)).await;
        assert_eq!(refused(app, s.ana.try_upload(s.general, "2", bytes(1))).await, Error::InstanceFull);
        assert_eq!((files_on_disk(app), room(app).await), (3, 3 * mib as i64));
        remove(&app.state, &s.bo.actor, first.id).await.unwrap();
        jobs::run(&app.state).await.unwrap();
        // Many at once do not slip through together.
        let tries = (0..6).map(|_| s.bo.try_upload(s.general, "again", bytes(mib)));
        let all = futures_util::future::join_all(tries).await;
        assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 1, "{all:?}");
        assert_eq!((files_on_disk(app), room(app).await), (3, 3 * mib as i64));
    })
    .await;
}

#[tokio::test]
async fn what_breaks_off_or_is_empty_leaves_nothing() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let broken = futures_util::stream::iter([Ok("begun".into()), Err(())]);
        let tries = upload(&app.state, &s.bo.actor, s.general, "a.txt", None, broken);
        assert_eq!(refused(app, tries).await, Error::Malformed);
        let empty = Error::Invalid { field: Field::File, problem: Problem::Empty };
        assert_eq!(refused(app, s.bo.try_upload(s.general, "a.txt", "")).await, empty);
        let never = futures_util::stream::pending::<Result<axum::body::Bytes, ()>>();
        let begun = upload(&app.state, &s.bo.actor, s.general, "a.txt", None, never);
        // Polled until it waits for more, and then given up, as when a connection closes.
        tokio::select! {
            biased;
            _ = begun => panic!("it has no end"),
            () = async { while files_on_disk(app) == 0 { tokio::task::yield_now().await } } => {}
        }
        assert_eq!(files_on_disk(app), 0);
    })
    .await;
}

#[tokio::test]
async fn nobody_has_more_than_ten_uploads_under_way() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let begin = |person: &Person| app.state.media.begin(person.id(), app.state.store.snowflakes().next());
        let mut held: Vec<_> = (0..10).map(|_| begin(&s.bo).unwrap()).collect();
        assert_eq!(refused(app, s.bo.try_upload(s.general, "a.txt", "a")).await, Error::LimitReached);
        s.ana.upload(s.general, "a.txt", "a").await;
        held.pop();
        s.bo.upload(s.general, "a.txt", "a").await;
    })
    .await;
}

#[tokio::test]
async fn a_crash_leaves_neither_a_file_for_ever_nor_a_row_that_breaks() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let folder = app.state.media.folder().clone();
        let kept = s.bo.upload(s.general, "kept.txt", "kept").await;
        let lost = s.bo.upload(s.general, "lost.txt", "lost").await;
        s.bo.show(s.general, "", &[&kept, &lost]).await;
        folder.remove(lost.id).unwrap();
        // Of an upload three hours ago, of one just now, and of nobody.
        let age = |hours: i64| {
            let now: AttachmentId = app.state.store.snowflakes().next();
            AttachmentId::from_trusted(now.get() - ((hours * 3_600_000) << 22))
        };
        let (old, new) = (age(3), age(1));
        for path in [folder.file(old), folder.preview(old), folder.file(new)] {
            std::fs::write(path, "left over").unwrap();
        }
        let foreign = folder.file(old).with_file_name("README");
        std::fs::write(&foreign, "not ours").unwrap();
        jobs::sweep(&app.state).await.unwrap();
        assert!(on_disk(app, kept.id) && on_disk(app, new) && foreign.exists());
        assert!(!on_disk(app, old) && !folder.preview(old).exists());
        // A row of a file that is to go, which is gone already.
        remove(&app.state, &s.bo.actor, lost.id).await.unwrap();
        jobs::run(&app.state).await.unwrap();
        assert_eq!(room(app).await, 4);
    })
    .await;
}

#[tokio::test]
async fn a_folder_is_not_swept_for_a_database_without_files() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        let of = s.bo.upload(s.general, "a.txt", "a").await;
        let folder = app.state.media.folder().clone();
        let old = AttachmentId::from_trusted(of.id.get() - (9_000_000 << 22));
        std::fs::copy(folder.file(of.id), folder.file(old)).unwrap();
        let mut look = app.database().look().await;
        look.run("delete from attachments").await;
        jobs::sweep(&app.state).await.unwrap();
        assert!(on_disk(app, old));
    })
    .await;
}

#[tokio::test]
async fn the_name_of_a_file_is_made_safe() {
    on_both(async |app| {
        let s = Scene::new(app).await;
        for (claimed, name) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\a\\b.txt", "b.txt"),
            ("a\u{202E}txt.exe", "a_txt.exe"),
            ("a\r\nb\0.txt", "a__b_.txt"),
            ("", "file"),
        ] {
            let of = s.bo.upload(s.general, claimed, "text").await;
            assert_eq!(of.filename, name);
            assert!(on_disk(app, of.id) && sees(app, &s.bo, &of).await);
        }
        let long = s.bo.upload(s.general, &format!("{}.txt", "ü".repeat(400)), "text").await;
        assert!(long.filename.len() <= limits::FILE_NAME_BYTES && long.filename.ends_with(".txt"));
    })
    .await;
}
