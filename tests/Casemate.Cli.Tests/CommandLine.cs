using System.Globalization;

namespace Casemate.Cli.Tests;

/// <summary>Runs command lines in this process, without a terminal, at a fixed time.</summary>
internal sealed record CommandLine(int ExitCode, string Output, string Error)
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    /// <summary>What a command whose result is bytes wrote to standard output.</summary>
    public byte[] Bytes { get; private init; } = [];

    public string[] Lines => Output.TrimEnd('\n').Split('\n');

    public static CommandLine Run(params string[] arguments) => RunWith(new Dictionary<string, string>(), [], false, arguments);

    public static CommandLine RunWithInput(byte[] input, params string[] arguments) =>
        RunWith(new Dictionary<string, string>(), input, false, arguments);

    public static CommandLine RunWith(
        IReadOnlyDictionary<string, string> environment, byte[] input, bool terminal, params string[] arguments)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using var error = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using var bytes = new MemoryStream();
        var invocation = new CasemateInvocation
        {
            OpenStandardOutput = () => bytes,
            Output = output,
            Error = error,
            OpenStandardInput = () => new MemoryStream(input),
            Time = new FixedTime(),
            Environment = environment.GetValueOrDefault,
            OutputIsTerminal = terminal,
            ErrorIsTerminal = terminal,
            TerminalWidth = terminal ? 80 : null,
        };

        // The commands under test do no waiting; blocking keeps the tests' sentences short.
        var code = CasemateProgram.RunAsync(arguments, invocation).GetAwaiter().GetResult();
        return new CommandLine(code, output.ToString(), error.ToString()) { Bytes = bytes.ToArray() };
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Noon;
    }
}
