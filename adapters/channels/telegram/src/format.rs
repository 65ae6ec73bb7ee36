//! Markdown to Telegram's HTML: <https://core.telegram.org/bots/api#html-style>.
//!
//! The result is always valid, whatever a model wrote: every tag is closed in order, and text is escaped. Telegram has
//! no tables, so they are shown as code; HTML that a model wrote is shown as text.

mod table;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use self::table::Table;

/// A text for Telegram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub(crate) html: String,
    /// UTF-16 units that count against the limit: what is left when tags are taken away.
    pub(crate) visible: usize,
}

/// How tables are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    /// With their columns in line, which may be longer than the source.
    Aligned,
    /// As they were written.
    Source,
}

/// The whole text, with tables in line if it then stays below `limit`.
pub(crate) fn render_within(markdown: &str, limit: usize) -> Option<Rendered> {
    [Tables::Aligned, Tables::Source].into_iter().map(|tables| render(markdown, tables)).find(|it| it.visible <= limit)
}

pub(crate) fn render(markdown: &str, tables: Tables) -> Rendered {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut page = Page { markdown, tables, ..Page::default() };
    for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
        match event {
            Event::Start(tag) => page.start(tag, range),
            Event::End(tag) => page.end(tag),
            Event::Code(text) => page.inline_code(&text),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => page.text(&text),
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => page.text(&text),
            Event::SoftBreak | Event::HardBreak => page.text("\n"),
            Event::Rule => page.rule(),
            Event::TaskListMarker(done) => page.text(if done { "☑ " } else { "☐ " }),
        }
    }
    Rendered { html: page.out, visible: page.visible }
}

#[derive(Debug)]
struct Page<'m> {
    markdown: &'m str,
    tables: Tables,
    out: String,
    visible: usize,
    /// Line ends that stand before whatever comes next, if anything comes.
    wanted: usize,
    depth: Depth,
    /// The next number of each open list; `None` for bullets.
    lists: Vec<Option<u64>>,
    links: Vec<Link>,
    table: Option<Table<'m>>,
    code: Code,
}

impl Default for Page<'_> {
    fn default() -> Self {
        Self {
            markdown: "",
            tables: Tables::Source,
            out: String::new(),
            visible: 0,
            wanted: 0,
            depth: Depth::default(),
            lists: Vec::new(),
            links: Vec::new(),
            table: None,
            code: Code::No,
        }
    }
}

/// How often a style is open: the outermost alone is written.
#[derive(Debug, Default)]
struct Depth {
    bold: usize,
    italic: usize,
    strike: usize,
    quote: usize,
    link: usize,
}

/// An open link: where it leads if Telegram can show it, and how much was visible before it.
#[derive(Debug)]
struct Link {
    url: String,
    is_shown: bool,
    before: usize,
    start: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    No,
    Plain,
    WithLanguage,
}

impl<'m> Page<'m> {
    fn start(&mut self, tag: Tag<'_>, range: std::ops::Range<usize>) {
        match tag {
            Tag::Heading { .. } | Tag::Strong => {
                self.depth.bold += 1;
                self.open_at(self.depth.bold, "<b>");
            }
            Tag::Emphasis => {
                self.depth.italic += 1;
                self.open_at(self.depth.italic, "<i>");
            }
            Tag::Strikethrough => {
                self.depth.strike += 1;
                self.open_at(self.depth.strike, "<s>");
            }
            Tag::BlockQuote(_) => {
                self.depth.quote += 1;
                self.open_at(self.depth.quote, "<blockquote>");
            }
            Tag::CodeBlock(kind) => self.start_code(&kind),
            Tag::List(first) => {
                self.want(1);
                self.lists.push(first);
            }
            Tag::Item => self.start_item(),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => self.start_link(&dest_url),
            Tag::Table(_) => {
                let source = self.markdown.get(range).unwrap_or_default();
                self.table = Some(Table::new(source));
            }
            Tag::TableHead | Tag::TableRow => self.in_table(Table::row),
            Tag::TableCell => self.in_table(Table::cell),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.close_at(self.depth.bold, "</b>");
                self.depth.bold -= 1;
                self.want(2);
            }
            TagEnd::Strong => {
                self.close_at(self.depth.bold, "</b>");
                self.depth.bold -= 1;
            }
            TagEnd::Emphasis => {
                self.close_at(self.depth.italic, "</i>");
                self.depth.italic -= 1;
            }
            TagEnd::Strikethrough => {
                self.close_at(self.depth.strike, "</s>");
                self.depth.strike -= 1;
            }
            TagEnd::BlockQuote(_) => {
                self.wanted = 0;
                self.close_at(self.depth.quote, "</blockquote>");
                self.depth.quote -= 1;
                self.want(1);
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::List(_) => {
                self.lists.pop();
                self.want(if self.lists.is_empty() { 2 } else { 1 });
            }
            TagEnd::Item => self.want(1),
            TagEnd::Link | TagEnd::Image => self.end_link(),
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.want(2),
            TagEnd::Table => self.end_table(),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(table) = &mut self.table {
            table.text(text);
            return;
        }
        if text.is_empty() {
            return;
        }
        self.break_lines();
        self.visible += units(text);
        escape(text, &mut self.out);
    }

    fn tag(&mut self, tag: &str) {
        if self.table.is_none() {
            self.break_lines();
            self.out.push_str(tag);
        }
    }

    fn open_at(&mut self, depth: usize, tag: &str) {
        if depth == 1 {
            self.tag(tag);
        }
    }

    /// A closing tag stands right behind its text: line ends that are wanted come after it.
    fn close_at(&mut self, depth: usize, tag: &str) {
        if depth == 1 && self.table.is_none() {
            self.out.push_str(tag);
        }
    }

    fn want(&mut self, lines: usize) {
        self.wanted = self.wanted.max(lines);
    }

    fn break_lines(&mut self) {
        let lines = std::mem::take(&mut self.wanted);
        if self.visible > 0 {
            self.out.extend(std::iter::repeat_n('\n', lines));
            self.visible += lines;
        }
    }

    fn rule(&mut self) {
        self.text("———");
        self.want(2);
    }

    fn inline_code(&mut self, text: &str) {
        self.tag("<code>");
        self.text(text);
        self.close_at(1, "</code>");
    }

    fn start_code(&mut self, kind: &CodeBlockKind<'_>) {
        let language: String = match kind {
            CodeBlockKind::Fenced(words) => {
                let known = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-' | '_' | '.');
                words.chars().take_while(known).collect()
            }
            CodeBlockKind::Indented => String::new(),
        };
        if language.is_empty() {
            self.code = Code::Plain;
            self.tag("<pre>");
        } else {
            self.code = Code::WithLanguage;
            self.tag(&format!("<pre><code class=\"language-{language}\">"));
        }
    }

    fn end_code(&mut self) {
        // The line end before the closing fence is not a part of the code.
        if self.out.ends_with('\n') {
            self.out.pop();
            self.visible -= 1;
        }
        self.out.push_str(if self.code == Code::WithLanguage { "</code></pre>" } else { "</pre>" });
        self.code = Code::No;
        self.want(2);
    }

    fn start_item(&mut self) {
        self.want(1);
        let indent = "  ".repeat(self.lists.len().saturating_sub(1));
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                let mark = format!("{number}. ");
                *number = number.saturating_add(1);
                mark
            }
            _ => "• ".to_owned(),
        };
        self.text(&format!("{indent}{mark}"));
        // A paragraph in the item begins behind its mark.
        self.wanted = 0;
    }

    fn start_link(&mut self, url: &str) {
        self.depth.link += 1;
        let can_be_shown = ["http://", "https://", "tg://", "mailto:"].iter().any(|scheme| url.starts_with(scheme));
        let is_shown = can_be_shown && self.depth.link == 1 && self.table.is_none();
        if is_shown {
            self.break_lines();
        }
        let start = self.out.len();
        if is_shown {
            let mut tag = "<a href=\"".to_owned();
            escape(url, &mut tag);
            tag.push_str("\">");
            self.out.push_str(&tag);
        }
        self.links.push(Link { url: url.to_owned(), is_shown, before: self.visible, start });
    }

    fn end_link(&mut self) {
        self.depth.link = self.depth.link.saturating_sub(1);
        let Some(link) = self.links.pop() else { return };
        if link.is_shown {
            if self.visible == link.before {
                // Telegram forgets links without a text.
                self.out.truncate(link.start);
                self.text(&link.url);
            } else {
                self.out.push_str("</a>");
            }
        } else if self.visible == link.before && self.table.is_none() {
            self.text(&link.url);
        }
    }

    fn in_table(&mut self, change: impl FnOnce(&mut Table<'m>)) {
        if let Some(table) = &mut self.table {
            change(table);
        }
    }

    fn end_table(&mut self) {
        let Some(table) = self.table.take() else { return };
        let text = match self.tables {
            Tables::Aligned => table.aligned(),
            Tables::Source => table.source().to_owned(),
        };
        self.tag("<pre>");
        self.text(&text);
        self.close_at(1, "</pre>");
        self.want(2);
    }
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn html(markdown: &str) -> String {
        render(markdown, Tables::Aligned).html
    }

    #[test]
    fn the_styles_that_telegram_has_become_its_tags() {
        assert_eq!(html("**a** *b* ~~c~~ `d<e`"), "<b>a</b> <i>b</i> <s>c</s> <code>d&lt;e</code>");
        assert_eq!(html("# Head **strong**\ntext"), "<b>Head strong</b>\n\ntext");
        assert_eq!(html("> a\n> > b\n\nc"), "<blockquote>a\n\nb</blockquote>\nc");
        assert_eq!(
            html("[a&b](https://x.y/?a=1&b=\"2\")"),
            "<a href=\"https://x.y/?a=1&amp;b=&quot;2&quot;\">a&amp;b</a>"
        );
    }

    #[test]
    fn fences_keep_their_language_and_every_line() {
        let code = "fn x() {\n\n  1 &lt; 2\n}";
        assert_eq!(
            html("a\n```rust\nfn x() {\n\n  1 < 2\n}\n```\nb"),
            format!("a\n\n<pre><code class=\"language-rust\">{code}</code></pre>\n\nb")
        );
        assert_eq!(html("```\nx\n```"), "<pre>x</pre>");
    }

    #[test]
    fn lists_keep_their_marks_and_depth() {
        assert_eq!(html("- a\n  - b\n- c\n\nd"), "• a\n  • b\n• c\n\nd");
        assert_eq!(html("3. a\n4. b"), "3. a\n4. b");
        assert_eq!(html("- [x] a\n- [ ] b"), "• ☑ a\n• ☐ b");
    }

    #[test]
    fn tables_are_code_with_their_columns_in_line() {
        let table = "| a | long |\n|---|---|\n| **bb** | c |\n";
        assert_eq!(html(table), "<pre>a  | long\n---|-----\nbb | c</pre>");
        assert_eq!(render(table, Tables::Source).html, format!("<pre>{}</pre>", table.trim_end()));
    }

    #[test]
    fn html_of_the_model_is_shown_and_never_meant() {
        assert_eq!(html("<script>x</script> <b>"), "&lt;script&gt;x&lt;/script&gt; &lt;b&gt;");
        assert_eq!(html("[x](javascript:alert(1))"), "x");
        assert_eq!(html("[](https://x.y)"), "https://x.y");
    }

    /// The tags and entities that Telegram takes, closed in order.
    fn check(html: &str) -> Result<usize, String> {
        let (mut open, mut visible, mut rest) = (Vec::new(), 0, html);
        while let Some(c) = rest.chars().next() {
            if c == '<' {
                let (tag, behind) = rest[1..].split_once('>').ok_or("an open bracket")?;
                rest = behind;
                if let Some(name) = tag.strip_prefix('/') {
                    if open.pop() != Some(name) {
                        return Err(format!("</{name}> closes another tag in {html}"));
                    }
                } else {
                    let name = tag.split(' ').next().unwrap_or_default();
                    if !["b", "i", "s", "code", "pre", "a", "blockquote"].contains(&name) {
                        return Err(format!("<{name}> is unknown"));
                    }
                    open.push(name);
                }
                continue;
            }
            let length = if c == '&' {
                ["&amp;", "&lt;", "&gt;", "&quot;"].into_iter().find(|it| rest.starts_with(it)).ok_or("a bare &")?.len()
            } else {
                c.len_utf8()
            };
            visible += if c == '&' { 1 } else { c.len_utf16() };
            rest = &rest[length..];
        }
        if open.is_empty() { Ok(visible) } else { Err(format!("{open:?} stays open in {html}")) }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn no_text_of_a_model_becomes_invalid_html(
            markdown in r#"([*_~`#>|\-\[\]()<>&"!=+. 0-9a-c]|\n|\n\n|```|```rs\n|\n\| a \| b \|\n\|-\|-\|\n|\[x\]\(https://x\.y\)|1\. |    |👩‍💻|שלום){0,60}"#,
        ) {
            for tables in [Tables::Aligned, Tables::Source] {
                let rendered = render(&markdown, tables);
                prop_assert_eq!(check(&rendered.html), Ok(rendered.visible));
            }
        }

        #[test]
        fn a_text_hardly_grows_when_tables_stay_as_written(markdown in r#"([*_~`#>\-\[\]()a-c 0-9.]|\n|\n\n|\n- |\n1\. |\n> |\n\| a \| b \|\n\|-\|-\|\n|\n```\n|👩‍💻){0,80}"#) {
            let units = markdown.encode_utf16().count();
            prop_assert!(render(&markdown, Tables::Source).visible <= units + units / 10 + 8);
        }

        #[test]
        fn code_in_a_fence_is_kept_letter_by_letter(code in "[a-c<>&*_ \n]{0,60}[a-c]") {
            let mut escaped = String::new();
            escape(&code, &mut escaped);
            let expected = format!("<pre>{escaped}</pre>");
            prop_assert_eq!(html(&format!("```\n{code}\n```")), expected);
        }
    }
}
