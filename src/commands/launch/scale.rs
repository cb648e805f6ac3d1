//! `sweep launch scale`: how many agents of a launch may run at a time.

use super::super::shared::launching::call_engine;
use super::super::shared::{CommandFailure, Context, Exit, Setting, load_sweep};
use super::choice::{LaunchChoice, meant};
use crate::launch::scale_step;
use crate::record::{keep_launch, launches_of};

/// Changes it.
///
/// # Errors
/// Where there is no such launch, or its engine has no such thing.
pub async fn scale(setting: &Setting, choice: &LaunchChoice, most: u32) -> Result<Exit, CommandFailure> {
    let context = Context::open(setting)?;
    let (sweep, _) = load_sweep(&context, &choice.sweep).await?;
    for mut launch in meant(&launches_of(&sweep.parent), choice.launch)? {
        call_engine(&scale_step(&launch.request, &launch.job, most)?).await?;
        launch.request.max_parallel = Some(most);
        keep_launch(context.store.as_ref(), &sweep, &launch).await?;
        context.ui.say(&format!("Launch {}: at most {most} at a time.", launch.request.number));
    }
    Ok(Exit::Done)
}
