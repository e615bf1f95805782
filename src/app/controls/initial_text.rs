//! The text a text area holds at first.
//!
//! A text area's own children are no way to say it: leptos 0.8 writes them into the page as they are, so a stored
//! `</textarea><script>` would run. And without script a property cannot be set.

use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::view::add_attr::AddAnyAttr;
use leptos::tachys::view::{Position, PositionState, Render, RenderHtml};

/// A text as the only child of a `<textarea>` that the backend renders. One that is made in the browser stays empty:
/// there `prop:value` sets the text.
#[derive(Debug, Clone)]
pub struct InitialText(String);

/// `<textarea>{initial_text(text)}</textarea>`: the only child a text area may have.
pub fn initial_text(text: String) -> InitialText {
    InitialText(text)
}

impl Render for InitialText {
    type State = ();

    fn build(self) -> Self::State {}

    fn rebuild(self, (): &mut Self::State) {}
}

impl RenderHtml for InitialText {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn html_len(&self) -> usize {
        self.0.len()
    }

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self::AsyncOutput {
        self
    }

    // Escapes whatever it is told: of a text area the framework says that its text needs none.
    fn to_html_with_buf(
        self,
        page: &mut String,
        _position: &mut Position,
        _escape: bool,
        _mark_branches: bool,
        _extra_attrs: Vec<AnyAttribute>,
    ) {
        if self.0.is_empty() {
            return;
        }
        // A parser drops the first line break.
        page.push('\n');
        for character in self.0.chars() {
            match character {
                '&' => page.push_str("&amp;"),
                '<' => page.push_str("&lt;"),
                '>' => page.push_str("&gt;"),
                other => page.push(other),
            }
        }
    }

    fn hydrate<const FROM_SERVER: bool>(self, _cursor: &Cursor, _position: &PositionState) -> Self::State {}

    fn into_owned(self) -> Self::Owned {
        self
    }
}

impl AddAnyAttr for InitialText {
    type Output<SomeNewAttr: Attribute> = Self;

    fn add_any_attr<NewAttr: Attribute>(self, _attr: NewAttr) -> Self::Output<NewAttr>
    where
        Self::Output<NewAttr>: RenderHtml,
    {
        self
    }
}

#[cfg(test)]
mod tests {
    use leptos::prelude::*;

    use super::initial_text;

    fn page(text: &str) -> String {
        let text = text.to_owned();
        let view = view! { <form><textarea name="a">{initial_text(text)}</textarea><b>"after"</b></form> };
        view.into_any().to_html()
    }

    #[test]
    fn a_text_cannot_leave_its_text_area() {
        for hostile in ["</textarea><script>alert(1)</script>", "</TEXTAREA >", "<!--", "<script>", "]]>"] {
            let page = page(hostile);
            let (_, rest) = page.split_once("<textarea name=\"a\">").unwrap();
            let (inside, after) = rest.split_once("</textarea>").unwrap();
            assert!(!inside.contains(['<', '>']), "{page}");
            assert!(after.starts_with("<b>after</b>"), "{page}");
            let back = inside.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            assert_eq!(back, format!("\n{hostile}"), "it reads as it was written");
        }
    }

    #[test]
    fn what_looks_escaped_already_is_escaped_again() {
        assert!(page("&lt;b&gt; & &amp;").contains(">\n&amp;lt;b&amp;gt; &amp; &amp;amp;</textarea>"));
    }

    #[test]
    fn a_line_break_at_the_beginning_is_not_lost() {
        assert!(page("\n\nx").contains(">\n\n\nx</textarea>"));
        assert!(page("").contains("><"), "nothing is nothing");
    }
}
