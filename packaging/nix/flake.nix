{
  description = "autothink-lsp, run by uv in an environment of its own";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixpkgs-unstable";

  outputs = { self, nixpkgs }:
    let
      version = "0.2.0";
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      forEach = nixpkgs.lib.genAttrs systems;
    in
    {
      packages = forEach (system:
        let pkgs = nixpkgs.legacyPackages.${system};
        in {
          default = pkgs.writeShellApplication {
            name = "autothink-lsp";
            runtimeInputs = [ pkgs.uv pkgs.python313 ];
            text = ''
              exec uv tool run --python python3.13 --from "autothink-lsp[embedded,checkers]==${version}" autothink-lsp "$@"
            '';
          };
        });
    };
}
