//! Views in one type.

/// [`leptos::view`] whose result is always an [`AnyView`](leptos::prelude::AnyView). Each type of view is a copy of the
/// framework's code for building, taking over and changing it in what the browser loads; this way, one for each kind of
/// element is all there is.
macro_rules! view {
    ($($view:tt)*) => {
        ::leptos::prelude::IntoAny::into_any(::leptos::prelude::view! { $($view)* })
    };
}

pub(crate) use view;
