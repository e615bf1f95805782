//! A list whose rows keep their elements. The framework's `<For>` takes rows out of the page and puts them back when
//! several others come before them, and with that the keyboard focus, a selection and the scroll position are lost.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::reactive_graph::OwnedView;
use leptos::tachys::renderer::{Rndr, types};
use leptos::tachys::ssr::StreamBuilder;
use leptos::tachys::view::{Mountable, Position, PositionState, Render, RenderHtml};

/// What a row is known by for as long as it is in the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// An id, a day, a count.
    Number(i64),
    /// Whatever else tells rows apart.
    Text(Arc<str>),
}

/// Rows that follow a list. A row is made once for its key; what changes in it is up to its own signals.
pub fn keyed<T: Send + 'static>(
    each: impl Fn() -> Vec<T> + Send + 'static,
    key: impl Fn(&T) -> Key + Send + 'static,
    row: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    // Rows belong to whoever made the list, and not to the run of the closure that first named them.
    let owner = Owner::current().unwrap_or_default();
    let row = Arc::new(row);
    let list: Box<dyn FnMut() -> Rows + Send> = Box::new(move || {
        let listed = |item| {
            let (key, row, owner) = (key(&item), row.clone(), owner.clone());
            let make: Make = Box::new(move || {
                let owner = owner.with(Owner::new);
                let view = owner.with(|| row(item));
                OwnedView::new_with_owner(view, owner)
            });
            (key, Row::Named(make))
        };
        Rows(each().into_iter().map(listed).collect())
    });
    list.into_any()
}

type RowView = OwnedView<AnyView>;
type Make = Box<dyn FnOnce() -> RowView + Send>;
type RowState = <RowView as Render>::State;

/// A row before it is in the page.
enum Row {
    Named(Make),
    Made(RowView),
}

impl Row {
    fn made(self) -> RowView {
        match self {
            Self::Named(make) => make(),
            Self::Made(view) => view,
        }
    }
}

/// The list as a view. One type for all lists: the browser loads its code once.
struct Rows(Vec<(Key, Row)>);

impl Rows {
    fn made(self) -> Vec<RowView> {
        self.0.into_iter().map(|(_, row)| row.made()).collect()
    }
}

/// The list in the page: its rows, and what stands after the last.
struct RowsState {
    rows: Vec<(Key, RowState)>,
    end: types::Placeholder,
}

impl Render for Rows {
    type State = RowsState;

    fn build(self) -> RowsState {
        let rows = self.0.into_iter().map(|(key, row)| (key, row.made().build())).collect();
        RowsState { rows, end: Rndr::create_placeholder() }
    }

    fn rebuild(self, state: &mut RowsState) {
        let before: Vec<(Key, RowState)> = std::mem::take(&mut state.rows);
        let now: Vec<&Key> = self.0.iter().map(|(key, _)| key).collect();
        let plan = plan(&before.iter().map(|(key, _)| key).collect::<Vec<_>>(), &now);
        let mut before: Vec<Option<RowState>> = before.into_iter().map(|(_, row)| Some(row)).collect();
        // Where it stays, where it comes from elsewhere, or made anew: in the order of the list.
        let mut rows: Vec<(Key, RowState, bool)> = Vec::with_capacity(plan.len());
        for ((key, row), Step { from, stays }) in self.0.into_iter().zip(plan) {
            let known = from.and_then(|from| before.get_mut(from)).and_then(Option::take);
            let (row, stays) = match known {
                Some(known) => (known, stays),
                None => (row.made().build(), false),
            };
            rows.push((key, row, stays));
        }
        before.iter_mut().flatten().for_each(Mountable::unmount);
        // From the end, so that what a row is put before is in its place already.
        let mut placed: Vec<(Key, RowState)> = Vec::with_capacity(rows.len());
        for (key, mut row, stays) in rows.into_iter().rev() {
            if !stays && !placed.iter().rev().any(|(_, next)| next.insert_before_this(&mut row)) {
                state.end.insert_before_this(&mut row);
            }
            placed.push((key, row));
        }
        placed.reverse();
        state.rows = placed;
    }
}

/// What becomes of one row of the new list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    /// Its place in the old list, if it was there.
    from: Option<usize>,
    /// Whether it can stay where it is while the others are put around it.
    stays: bool,
}

/// How to come from one order to another while moving as few rows as possible.
fn plan(before: &[&Key], now: &[&Key]) -> Vec<Step> {
    let mut sorted: Vec<(&Key, usize)> = before.iter().enumerate().map(|(at, key)| (*key, at)).collect();
    sorted.sort_unstable();
    let place = |key: &Key| {
        let at = sorted.binary_search_by(|(known, _)| (*known).cmp(key)).ok()?;
        sorted.get(at).map(|(_, place)| *place)
    };
    let mut steps: Vec<Step> = now.iter().map(|key| Step { from: place(key), stays: false }).collect();
    for at in longest_rise(&steps) {
        if let Some(step) = steps.get_mut(at) {
            step.stays = true;
        }
    }
    steps
}

/// The most rows that stand in the same order in both lists: the longest increasing run of `from`, as places in
/// `steps`. (Patience sorting, n log n.)
fn longest_rise(steps: &[Step]) -> Vec<usize> {
    // For each length, the run of that length that ends lowest, by the place of its end; and each place's predecessor.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; steps.len()];
    for (at, step) in steps.iter().enumerate() {
        let Some(from) = step.from else { continue };
        let length = ends.partition_point(|(end, _)| *end < from);
        if let Some(slot) = previous.get_mut(at) {
            *slot = length.checked_sub(1).and_then(|shorter| ends.get(shorter)).map(|(_, place)| *place);
        }
        match ends.get_mut(length) {
            Some(end) => *end = (from, at),
            None => ends.push((from, at)),
        }
    }
    let mut run = Vec::with_capacity(ends.len());
    let mut at = ends.last().map(|(_, place)| *place);
    while let Some(place) = at {
        run.push(place);
        at = previous.get(place).copied().flatten();
    }
    run
}

impl Mountable for RowsState {
    fn unmount(&mut self) {
        self.rows.iter_mut().for_each(|(_, row)| row.unmount());
        self.end.unmount();
    }

    fn mount(&mut self, parent: &types::Element, marker: Option<&types::Node>) {
        self.rows.iter_mut().for_each(|(_, row)| row.mount(parent, marker));
        self.end.mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.rows.iter().any(|(_, row)| row.insert_before_this(child)) || self.end.insert_before_this(child)
    }

    fn elements(&self) -> Vec<types::Element> {
        self.rows.iter().flat_map(|(_, row)| row.elements()).collect()
    }
}

impl AddAnyAttr for Rows {
    type Output<New: Attribute> = Self;

    /// A list is no element: there is nothing to add an attribute to.
    fn add_any_attr<New: Attribute>(self, _: New) -> Self {
        self
    }
}

impl RenderHtml for Rows {
    type AsyncOutput = Vec<RowView>;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {
        for (_, row) in &mut self.0 {
            let named = std::mem::replace(row, Row::Named(Box::new(|| OwnedView::new(().into_any()))));
            let mut view = named.made();
            view.dry_resolve();
            *row = Row::Made(view);
        }
    }

    async fn resolve(self) -> Self::AsyncOutput {
        self.made().resolve().await
    }

    fn to_html_with_buf(
        self,
        buf: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        self.made().to_html_with_buf(buf, position, escape, mark_branches, extra_attrs);
    }

    fn to_html_async_with_buf<const OUT_OF_ORDER: bool>(
        self,
        buf: &mut StreamBuilder,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        self.made().to_html_async_with_buf::<OUT_OF_ORDER>(buf, position, escape, mark_branches, extra_attrs);
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> RowsState {
        // All are made before the first is taken over, as the page made all before it wrote the first.
        let made: Vec<(Key, RowView)> = self.0.into_iter().map(|(key, row)| (key, row.made())).collect();
        let rows =
            made.into_iter().map(|(key, row)| (key, row.hydrate::<FROM_SERVER>(cursor, position))).collect();
        let end = cursor.next_placeholder(position);
        position.set(Position::NextChild);
        RowsState { rows, end }
    }

    fn into_owned(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(numbers: &[i64]) -> Vec<Key> {
        numbers.iter().copied().map(Key::Number).collect()
    }

    fn moved(before: &[i64], now: &[i64]) -> Vec<i64> {
        let (before, now_keys) = (keys(before), keys(now));
        let steps = plan(&before.iter().collect::<Vec<_>>(), &now_keys.iter().collect::<Vec<_>>());
        let is_moved = |step: &Step| step.from.is_some() && !step.stays;
        now.iter().zip(steps).filter(|(_, step)| is_moved(step)).map(|(key, _)| *key).collect()
    }

    #[test]
    fn rows_that_keep_their_order_are_never_moved() {
        for (before, now) in [
            (vec![4, 5, 6], vec![1, 2, 3, 4, 5, 6]),
            (vec![1, 2, 3, 4], vec![2, 4]),
            (vec![1, 2, 3, 4], vec![0, 2, 9, 3, 7, 8]),
            (vec![], vec![1, 2]),
            (vec![1, 2], vec![]),
        ] {
            assert_eq!(moved(&before, &now), Vec::<i64>::new(), "{before:?} → {now:?}");
        }
    }

    #[test]
    fn only_the_row_that_changed_its_place_is_moved() {
        assert_eq!(moved(&[1, 2, 3, 4, 5], &[1, 3, 4, 5, 2]), [2]);
        assert_eq!(moved(&[1, 2, 3, 4, 5], &[5, 1, 2, 3, 4]), [5]);
    }

    /// Follows a plan as `rebuild` does, on a plain list instead of a page.
    fn follow(before: &[i64], now: &[i64]) -> Vec<i64> {
        let (old, new) = (keys(before), keys(now));
        let steps = plan(&old.iter().collect::<Vec<_>>(), &new.iter().collect::<Vec<_>>());
        let mut page: Vec<i64> = before.iter().copied().filter(|key| now.contains(key)).collect();
        let mut next: Option<i64> = None;
        for (key, step) in now.iter().zip(steps).rev() {
            assert_eq!(step.from, before.iter().position(|known| known == key));
            if !step.stays {
                page.retain(|known| known != key);
                let at = next.and_then(|next| page.iter().position(|known| *known == next));
                page.insert(at.unwrap_or(page.len()), *key);
            }
            next = Some(*key);
        }
        page
    }

    proptest! {
        #[test]
        fn any_order_is_reached_from_any_other(
            before in Just((0..24).collect::<Vec<i64>>()).prop_shuffle(),
            now in Just((12..36).collect::<Vec<i64>>()).prop_shuffle(),
            kept in 0_usize..24,
        ) {
            let before = before.get(..kept).unwrap_or_default();
            prop_assert_eq!(follow(before, &now), now);
        }
    }
}
