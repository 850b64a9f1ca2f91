using System.CommandLine;
using System.Text;

namespace Casemate.Cli.Commands;

/// <summary><c>casemate completion</c>: prints a script that completes command lines in a shell.</summary>
internal sealed class CompletionCommand : CliCommand
{
    private static readonly string[] Shells = ["bash", "zsh", "fish", "pwsh"];

    private readonly Argument<string> _shell = new("SHELL") { Description = "bash, zsh, fish or pwsh." };

    public CompletionCommand()
        : base(
            "completion",
            "Print a completion script for a shell.",
            new CommandExample("bash, for this session", "source <(casemate completion bash)"),
            new CommandExample("bash, for good", "casemate completion bash > ~/.local/share/bash-completion/completions/casemate"),
            new CommandExample("fish", "casemate completion fish | source"))
    {
        _shell.AcceptOnlyFromAmong(Shells);
        Add(_shell);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var name = $"casemate.{context.Arguments.GetRequiredValue(_shell)}";
        using var stream = typeof(CompletionCommand).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The completion script '{name}' is missing from the program.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        context.Console.Out.Write(reader.ReadToEnd());
        return Task.FromResult(ExitCode.Success);
    }
}
