//! Controls: the parts every screen is made of. Props in, callbacks out; they read no data and call nobody.

mod avatar;
mod button;
mod choice;
mod dialog;
mod empty_state;
mod field;
mod icon;
mod menu;
mod password;
mod progress;
mod toast;

pub use avatar::{Avatar, AvatarSize};
pub use button::{IconButton, SubmitButton};
pub use choice::{Segmented, Select};
pub use dialog::Dialog;
pub use empty_state::EmptyState;
pub use field::{FieldNote, FormAlert, TextArea, TextField};
pub use icon::Icon;
pub use menu::Menu;
pub use password::PasswordField;
pub use progress::{Chord, Spinner};
pub use toast::{Toast, ToastKind, Toaster, Toasts, provide_toasts, use_toasts};
