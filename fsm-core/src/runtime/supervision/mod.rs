//! Supervision.

mod backoff;
mod command;
mod duty;
mod errand;
mod error;
mod exit;
mod member;
mod member_ref;
mod node;
mod notice;
mod options;
mod policy;
mod report;
mod request;
mod service;
mod set_ref;
mod status;
mod supervisor;
mod timetable;
mod tree;
mod ward;
mod warden;

pub use backoff::Backoff;
pub use error::SupervisionError;
pub use exit::{Cause, Exit, GaveUp};
pub use member::{Member, Run};
pub use member_ref::MemberRef;
pub use notice::{Missed, Notice, Notices, What};
pub use options::{SetOptions, Supervision};
pub use policy::{Intensity, Restart, Strategy};
pub use report::{Ended, Report};
pub use service::{ServiceContext, ServiceResult};
pub use set_ref::SetRef;
pub use status::{Failure, SetStatus, Status};
pub use supervisor::{Builder, Supervisor};
pub use tree::{Act, MemberId, Tree};
