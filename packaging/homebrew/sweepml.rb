# For a tap. packaging/fill.sh fills in what stands between @ signs.
class Sweepml < Formula
  desc "Hyperparameter sweeps on top of MLflow tracking"
  homepage "@REPOSITORY@"
  url "@REPOSITORY@/releases/download/v@VERSION@/sweep-@VERSION@-source.tar.gz"
  sha256 "@SHA256@"
  license any_of: ["MIT", "Apache-2.0"]

  depends_on "rust" => :build

  def install
    system "cargo", "install", *std_cargo_args
    generate_completions_from_executable(bin/"sweep", "completions", shells: [:bash, :zsh, :fish])
    system bin/"sweep", "man", buildpath/"man"
    man1.install Dir[buildpath/"man/*.1"]
  end

  test do
    (testpath/"sweep.yaml").write <<~YAML
      command: echo loss=${x}
      method: grid
      metric: {name: loss, goal: minimize, from_output: 'loss=(.*)'}
      parameters: {x: {values: [2, 1]}}
    YAML
    system bin/"sweep", "start", "sweep.yaml"
    assert_match "Best loss: 1", shell_output("#{bin}/sweep best")
  end
end
