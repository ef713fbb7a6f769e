# Formula for a tap. `make release` writes it with the digest of the source distribution into dist/.
class AutothinkLsp < Formula
  desc "Language server that completes and fixes code with your own model"
  homepage "https://github.com/autothink/autothink-lsp"
  url "https://github.com/autothink/autothink-lsp/releases/download/v@VERSION@/autothink_lsp-@VERSION@.tar.gz"
  sha256 "@SDIST_SHA256@"
  license "Apache-2.0"

  depends_on "python@3.13"

  def install
    system "python3.13", "-m", "venv", libexec
    system libexec/"bin/python", "-m", "pip", "install", "#{buildpath}[embedded,checkers]"
    bin.install_symlink libexec/"bin/autothink-lsp"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/autothink-lsp --version")
  end
end
