//! What calls many at once, and where it is only text.

use super::mentions;
use super::tests::check;

#[test]
fn everyone_and_here_are_words_of_running_text() {
    check("@everyone!", "<everyone>!");
    check("hi @here.", "hi <here>.");
    check("_hi @here_ **@everyone**", "<i>hi <here></i> <b><everyone></b>");
    check("> @everyone\n- @here", "<quote><p><everyone></p></quote><ul><li><here></li></ul>");
    for text in ["x@everyone", "@everyones", "@everyone_", "@Everyone", "@@here", "@here@here", "@everyone<@"]
    {
        check(text, text);
    }
    check(
        "`@everyone` \\@everyone [@here](https://a.org)",
        "<code>@everyone</code> @everyone <a https://a.org>@here</a>",
    );
    let called = |text: &str| (mentions(text).everyone, mentions(text).here);
    assert_eq!(called("@here and ||@everyone||"), (true, true));
    assert_eq!(called(&"@everyone ".repeat(10_000)), (true, false));
    assert_eq!(
        called("```\n@everyone @here\n``` `@here` \\@here [@everyone](https://a.org)"),
        (false, false)
    );
}
