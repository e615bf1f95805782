//! What becomes a link, what does not, and which links lie.

use super::parse;
use super::tests::{check, show};

#[test]
fn addresses_in_running_text_become_links() {
    check("https://a.org", "<a https://a.org>https://a.org</a>");
    check("see http://a.org/b?c=d#e now", "see <a http://a.org/b?c=d#e>http://a.org/b?c=d#e</a> now");
    check("HTTPS://A.org/B", "<a https://A.org/B>HTTPS://A.org/B</a>");
    check("<https://a.org/x.>", "<a https://a.org/x.>https://a.org/x.</a>");
    check("見てhttps://a.org。", "見て<a https://a.org>https://a.org</a>。");
    check("https://a.org/b_c_d", "<a https://a.org/b_c_d>https://a.org/b_c_d</a>");
    check("https://a.org<@1>", "<a https://a.org>https://a.org</a><user 1>");
    check("http://localhost:3000/x", "<a http://localhost:3000/x>http://localhost:3000/x</a>");
}

#[test]
fn what_ends_a_sentence_does_not_belong_to_an_address() {
    for end in [".", ",", ":", ";", "!", "?", "\"", "'", ")", "].", "?!", ")."] {
        check(&format!("https://a.org/b{end}"), &format!("<a https://a.org/b>https://a.org/b</a>{end}"));
    }
    check("(https://a.org/b_(c))", "(<a https://a.org/b_(c)>https://a.org/b_(c)</a>)");
    check("**https://a.org**", "<b><a https://a.org>https://a.org</a></b>");
    check("||https://a.org/x||", "<spoiler><a https://a.org/x>https://a.org/x</a></spoiler>");
    check("_https://a.org/b_c_", "<i><a https://a.org/b_c>https://a.org/b_c</a></i>");
    check("https://a.org/*b*", "<a https://a.org/*b*>https://a.org/*b*</a>");
}

#[test]
fn a_masked_link_shows_its_text() {
    check("[docs](https://a.org/b)", "<a https://a.org/b>docs</a>");
    check("[**docs** `x`](https://a.org)", "<a https://a.org><b>docs</b> <code>x</code></a>");
    check("[docs](<https://a.org>)", "<a https://a.org>docs</a>");
    check("[docs]( https://a.org )", "<a https://a.org>docs</a>");
    check("[a](https://a.org/b_(c))d", "<a https://a.org/b_(c)>a</a>d");
    check("[see [1]](https://a.org)", "<a https://a.org>see [1]</a>");
    check("**[a](https://a.org)**", "<b><a https://a.org>a</a></b>");
    check("[a **b](https://a.org) c**", "<a https://a.org>a **b</a> c**");
    check("[Node.js](https://nodejs.org)", "<a https://nodejs.org>Node.js</a>");
    check("[v1.2.3](https://a.org)", "<a https://a.org>v1.2.3</a>");
    check("[src/main.rs](https://a.org)", "<a https://a.org>src/main.rs</a>");
}

#[test]
fn nothing_but_http_and_https_becomes_a_link() {
    for url in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        " javascript:x",
        "\u{1}javascript:x",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://a.org",
        "//a.org",
        "/a",
        "a.org",
        "#a",
        "",
        "mailto:a@b.org",
        "&#106;avascript:x",
        "java&Tab;script:x",
        "http:a.org",
        "http:/a.org",
        "https:\\\\a.org",
        "https://",
        "https:///a.org",
        "https://?x",
        "blob:x",
        "ht\ttps://a.org",
    ] {
        for text in [format!("[x]({url})"), format!("[x](<{url}>)"), format!("<{url}>"), url.to_owned()] {
            let shown = show(&parse(&text).blocks);
            assert!(!shown.contains("<a "), "{text:?} became {shown}");
        }
    }
}

#[test]
fn a_name_before_the_host_or_a_sign_browsers_drop_makes_no_link() {
    for url in [
        "https://bank.org@evil.org",
        "https://bank.org:x@evil.org/",
        "https://a.org\\@evil.org",
        "https://bank.org%40x@evil.org",
    ] {
        for text in [format!("[x]({url})"), format!("<{url}>"), url.to_owned()] {
            let shown = show(&parse(&text).blocks);
            assert!(!shown.replace("<a https://a.org>", "").contains("<a "), "{text:?} became {shown}");
        }
    }
    check("https://a\u{202E}gro", "<a https://a>https://a</a>\u{202E}gro");
    check("https://a.org/\u{200B}b", "<a https://a.org/>https://a.org/</a>\u{200B}b");
    check("[x](https://a.org/\u{200B}b)", "[x](<a https://a.org/>https://a.org/</a>\u{200B}b)");
    check("https://a.org/\"onclick=x", "<a https://a.org/>https://a.org/</a>\"onclick=x");
    check("xhttps://a.org", "xhttps://a.org");
}

#[test]
fn a_link_holds_no_link_and_no_mention() {
    check("[a <@1> <#2>](https://a.org)", "<a https://a.org>a <@1> <#2></a>");
    check("[https://a.org/x](https://a.org/y)", "<a https://a.org/y>https://a.org/x</a>");
    check(
        "[a [b](https://b.org) c](https://a.org)",
        "[a <a https://b.org>b</a> c](<a https://a.org>https://a.org</a>)",
    );
    check("[]( https://a.org)", "[]( <a https://a.org>https://a.org</a>)");
    check("[ ](https://a.org)", "[ ](<a https://a.org>https://a.org</a>)");
    check("[\u{200D}](https://a.org)", "[\u{200D}](<a https://a.org>https://a.org</a>)");
}

#[test]
fn a_masked_link_that_lies_about_its_host_is_plain_text() {
    for text in [
        "https://bank.org",
        "http://bank.org/login",
        "bank.org",
        "www.bank.org",
        "BANK.ORG",
        "log in at bank.org now",
        "**https://bank.org**",
        "https:**//bank.org**",
        "`https://bank.org`",
        "bank\u{200B}.org",
        "bank。org",
        "bank．org",
        "https：//bank.org",
        "https:／／bank.org",
        "(bank.org)",
        "bank.org:443",
        "//bank.org",
        "a|bank.org",
        "bаnk.org",
        "https://bank.org@evil.org",
        "evil.org.bank.org",
        "notevil.org",
        "ftp://bank.org",
        "https://evil.org.",
        "10.0.0.1",
        "xn--bnk-0na.xn--p1ai",
        "gro.knab\u{202E}",
        "help@bank.org",
        "README.md",
        "<https://bank.org>",
        "evil.org bank.org",
        "https://bank.org https://evil.org",
    ] {
        let shown = show(&parse(&format!("[{text}](https://evil.org/x)")).blocks);
        let is_dot = text == "https://evil.org.";
        assert_eq!(
            shown.contains("<a https://evil.org/x>https://evil.org/x</a>"),
            !is_dot,
            "{text:?} became {shown}"
        );
    }
    for text in [
        "evil.org",
        "https://EVIL.org",
        "www.evil.org",
        "https://evil.org/other",
        "evil.org:80",
        "@bank.org",
        "e.g.",
    ] {
        check(&format!("[{text}](https://evil.org/x)"), &format!("<a https://evil.org/x>{text}</a>"));
    }
    check("[a.org](https://docs.a.org)", "<a https://docs.a.org>a.org</a>");
}
