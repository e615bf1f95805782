//! Controls: the parts every screen is made of. Props in, callbacks out; they read no data and call nobody.

pub mod at_once;
pub mod avatar;
pub mod button;
pub mod choice;
pub mod copy;
pub mod dialog;
pub mod empty_state;
pub mod field;
pub mod icon;
pub mod initial_text;
pub mod keyed;
pub mod menu;
pub mod password;
pub mod progress;
pub mod question;
pub mod toast;
pub mod typed;

pub use at_once::at_once;
pub use avatar::{Avatar, AvatarSize};
pub use button::SubmitButton;
pub use choice::{Segmented, Select};
pub use copy::CopyField;
pub use dialog::Dialog;
pub use empty_state::EmptyState;
pub use field::{FieldNote, FormAlert, TextField};
pub use icon::Icon;
pub use initial_text::initial_text;
pub use keyed::{Key, keyed};
pub use menu::Menu;
pub use password::PasswordField;
pub use progress::{Chord, Spinner};
pub use question::Question;
pub use toast::{Toast, ToastKind, Toaster, Toasts, provide_toasts, use_toasts};
pub use typed::{Typed, typed};
