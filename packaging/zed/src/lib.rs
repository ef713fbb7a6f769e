//! Starts `autothink-lsp serve` from the PATH for the languages that extension.toml names.

use zed_extension_api as zed;

struct Autothink;

impl zed::Extension for Autothink {
    fn new() -> Self {
        Autothink
    }

    fn language_server_command(
        &mut self,
        _language_server_id: &zed::LanguageServerId,
        worktree: &zed::Worktree,
    ) -> zed::Result<zed::Command> {
        let command = worktree
            .which("autothink-lsp")
            .ok_or("autothink-lsp is not on the PATH: uv tool install 'autothink-lsp[embedded,checkers]'")?;
        Ok(zed::Command { command, args: vec!["serve".into()], env: worktree.shell_env() })
    }
}

zed::register_extension!(Autothink);
