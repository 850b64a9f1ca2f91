using Casemate.Primitives.Files;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Quotes;

/// <summary>What <c>casemate quote-helper</c> says when its audit log is not to be had.</summary>
public sealed class AuditPlaceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void NamesBothOptions_WhenAnotherHelperWritesTheLog()
    {
        Directory.CreateDirectory(_directory.File("quote-helper"));
        using var other = FileLock.TryAcquire(_directory.File("quote-helper/quotes.jsonl.lock"));
        Assert.NotNull(other);

        var run = Run();

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("is in use by another process", run.Error, StringComparison.Ordinal);
        Assert.Contains(
            "Stop the other process, or name another place with --audit or --state-dir.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesBothOptions_WhenItsDirectoryCannotBeMade()
    {
        File.WriteAllText(_directory.File("quote-helper"), "a file");

        var run = Run();

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("Name another place with --audit or --state-dir.", run.Error, StringComparison.Ordinal);
    }

    private CommandLine Run() => CommandLine.Run(
        "quote-helper", "--provider", "simulated", "--state-dir", _directory.Path, "--socket", _directory.File("aesm.socket"),
        "--evidence-socket", "off", "--http", "off");
}
